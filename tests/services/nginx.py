"""nginx with the configuration of the guide "Behind a reverse proxy", on ports of this machine."""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import trustme

from container_manager.testing.ports import Ports

PAGE = (Path(__file__).parents[2] / "docs/how-to/reverse-proxy.md").read_text("utf-8")
UNPACKED = Path(sys.prefix) / "nginx/usr/sbin/nginx"
"""``./run test`` unpacks it there: installed, it would serve at port 80 of this machine."""

AROUND = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{guide}
}}
"""


def block(language: str) -> str:
    """The page's only block of a language."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    return str(text)


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A running nginx.

    Attributes:
        port: where it listens, for all names.
        context: trusts its certificate.
    """

    port: int
    context: ssl.SSLContext

    def connect(self, name: str) -> ssl.SSLSocket:
        """A connection as to the host of this name."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return self.context.wrap_socket(plain, server_hostname=name)

    def connection(self, name: str) -> http.client.HTTPConnection:
        """The same, for requests."""
        connection = http.client.HTTPConnection(name, self.port, timeout=60)
        connection.sock = self.connect(name)
        return connection


@contextlib.contextmanager
def running(folder: Path, upstreams: Mapping[str, int]) -> Iterator[Proxy]:
    """Start nginx with the configuration of the page, and stop it.

    Args:
        folder: for its files; empty.
        upstreams: the addresses of the page, and the ports that stand for them.
    """
    program = shutil.which("nginx") or str(UNPACKED)
    assert Path(program).is_file(), "this needs nginx; './run test' fetches it"
    authority = trustme.CA()
    guide = block("nginx")
    for name in set(re.findall(r"/etc/ssl/([\w.]+)/", guide)):
        made = authority.issue_cert(name)
        (folder / name).mkdir()
        made.private_key_pem.write_to_path(folder / name / "key.pem")
        for number, pem in enumerate(made.cert_chain_pems):
            pem.write_to_path(folder / name / "fullchain.pem", append=number > 0)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with contextlib.closing(Ports()) as ports:
        port = ports.take()
        changed = {"/etc/ssl": str(folder), "listen 443 ssl": f"listen 127.0.0.1:{port} ssl"}
        changed |= {f"http://{old};": f"http://127.0.0.1:{new};" for old, new in upstreams.items()}
        for old, new in changed.items():
            assert old in guide, f"the page does not have {old}"
            guide = guide.replace(old, new)
        file = folder / "nginx.conf"
        file.write_text(AROUND.format(folder=folder, guide=guide), "utf-8")
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen([program, "-c", str(file)], stdout=said, stderr=said)
        try:
            _wait_for(port, process, folder)
            yield Proxy(port=port, context=context)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + 60
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
            return
        assert process.poll() is None, (folder / "said").read_text("utf-8")
        assert time.monotonic() < end, "nginx does not listen"
        time.sleep(0.05)
