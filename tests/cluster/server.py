"""A real API server of Kubernetes on loopback: etcd and kube-apiserver, without nodes.

Nothing is scheduled and no controller runs: objects are checked, kept and compared as everywhere,
pods never come. Finalizers stay, too: a claim of a volume is marked as deleted, and does not go.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

VERSION = "1.20.2"
CONTEXT = "test-server"
BUILDS_IT = "tests/cluster/build-api-server.sh"

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_PROGRAMS = _CACHE / "container-manager-tests" / f"kubernetes-{VERSION}" / "bin"
_READY_WITHIN = 120.0


def program(name: str) -> str | None:
    """Where a program is: KUBEBUILDER_ASSETS, PATH, or what our script has built."""
    places = (os.environ.get("KUBEBUILDER_ASSETS"), os.environ.get("PATH"), str(_PROGRAMS))
    return shutil.which(name, path=os.pathsep.join(place for place in places if place))


@dataclass(frozen=True)
class ApiServer:
    """A running server.

    Attributes:
        kubeconfig: leads to it, as its administrator.
        kubectl: the program.
    """

    kubeconfig: Path
    kubectl: str

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl, as somebody else who works on the same cluster."""
        return subprocess.run(
            [self.kubectl, f"--kubeconfig={self.kubeconfig}", f"--context={CONTEXT}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextlib.contextmanager
def serving(folder: Path, etcd: str, apiserver: str, kubectl: str) -> Iterator[ApiServer]:
    """A block in which a new, empty server runs; it and its data are gone afterwards."""
    port, token = free_port(), secrets.token_hex(16)
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    tokens = folder / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(f"{token},admin,admin,system:masters\n")
    write_keys(folder)
    with (
        _running(folder / "etcd.log", etcd_argv(etcd, folder, client, peer)),
        _running(folder / "apiserver.log", apiserver_argv(apiserver, folder, client, port)),
    ):
        _await_ready(port, token, folder / "apiserver.log")
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(kubeconfig_of(port, token)))
        yield ApiServer(kubeconfig=kubeconfig, kubectl=kubectl)


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def kubeconfig_of(port: int, token: str) -> dict[str, object]:
    """What leads kubectl to the server; YAML reads JSON."""
    cluster = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": "test", "user": "admin"}}],
    }


def etcd_argv(etcd: str, folder: Path, client: str, peer: str) -> list[str]:
    """How etcd is started."""
    return [
        etcd,
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]


def apiserver_argv(apiserver: str, folder: Path, etcd: str, port: int) -> list[str]:
    """How the API server is started."""
    return [
        apiserver,
        f"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--anonymous-auth=false",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'accounts.pub'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--disable-admission-plugins=ServiceAccount",  # no controller makes accounts
        "--endpoint-reconciler-type=none",
    ]


def write_keys(folder: Path) -> None:
    """Write the keys that tokens of service accounts are signed with."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "accounts.key").write_bytes(private)
    (folder / "accounts.pub").write_bytes(public)


@contextlib.contextmanager
def _running(log: Path, argv: list[str]) -> Iterator[None]:
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": str(log.parent)}
    with log.open("wb") as file:
        process = subprocess.Popen(
            argv, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=environ, cwd=log.parent
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_ready(port: int, token: str, log: Path) -> None:
    until = time.monotonic() + _READY_WITHIN
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    while time.monotonic() < until:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
            try:
                connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {token}"})
                if connection.getresponse().status == http.client.OK:
                    return
            finally:
                connection.close()
        time.sleep(0.25)
    raise AssertionError(f"The API server did not become ready:\n{log.read_text()[-3000:]}")
