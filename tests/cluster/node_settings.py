"""The settings of a cluster of two nodes in network namespaces: commands and files as data."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.server import CONTEXT

DNS = "10.96.0.10"
_CGROUPS = Path("/sys/fs/cgroup")


def kubeconfig(token: str) -> dict[str, object]:
    """What leads to the API server, from within its network."""
    cluster = {"server": "https://10.98.0.1:6443", "insecure-skip-tls-verify": True}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "nodes", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": "nodes", "user": "admin"}}],
        "current-context": CONTEXT,
    }


def network(nodes: int) -> Iterator[str]:
    """The commands that make a bridge, and a namespace for each node, with routes between pods."""
    enter = "nsenter --net=/run/netns/"
    yield "ip netns add cmtk0"
    for line in ("link set lo up", "link add br0 type bridge", "addr add 10.98.0.1/24 dev br0"):
        yield f"{enter}cmtk0 ip {line}"
    yield f"{enter}cmtk0 ip link set br0 up"
    yield f"{enter}cmtk0 sysctl -qw net.ipv4.ip_forward=1"
    for node in range(1, nodes + 1):
        inside = f"{enter}cmtk{node}"
        yield f"ip netns add cmtk{node}"
        yield f"{inside} ip link set lo up"
        yield f"ip link add cmtv{node} type veth peer name cmtp{node}"
        yield f"ip link set cmtv{node} netns cmtk{node}"
        yield f"ip link set cmtp{node} netns cmtk0"
        yield f"{enter}cmtk0 ip link set cmtp{node} master br0 up"
        yield f"{enter}cmtk0 ip route add 10.97.{node}.0/24 via 10.98.0.1{node}"
        yield f"{inside} ip addr add 10.98.0.1{node}/24 dev cmtv{node}"
        yield f"{inside} ip link set cmtv{node} up"
        yield f"{inside} sysctl -qw net.ipv4.ip_forward=1"
        yield f"{inside} ip route add default via 10.98.0.1"
        yield f"{inside} ip addr add {DNS}/32 dev lo"
        for other in range(1, nodes + 1):
            if other != node:
                yield f"{inside} ip route add 10.97.{other}.0/24 via 10.98.0.1{other}"


def control_plane(folder: Path) -> dict[str, list[str]]:
    """Program -> its command, in the order in which they are started."""
    config = folder / "kubeconfig"
    both = [
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        "--port=0",
        "--leader-elect=false",
    ]
    accounts = f"--service-account-private-key-file={folder / 'accounts.key'}"
    return {
        "etcd": [
            "etcd",
            f"--data-dir={folder / 'etcd'}",
            "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--initial-advertise-peer-urls=http://127.0.0.1:2380",
            "--initial-cluster=default=http://127.0.0.1:2380",
            "--unsafe-no-fsync",
        ],
        "kube-apiserver": [
            "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            "--bind-address=0.0.0.0",
            "--advertise-address=10.98.0.1",
            "--secure-port=6443",
            f"--cert-dir={folder / 'certificates'}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--anonymous-auth=false",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={folder / 'accounts.pub'}",
            f"--service-account-signing-key-file={folder / 'accounts.key'}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none",
            "--kubelet-preferred-address-types=InternalIP",
            "--allow-privileged=false",
        ],
        "kube-controller-manager": [
            "kube-controller-manager",
            *both,
            "--secure-port=10257",
            accounts,
            f"--cert-dir={folder / 'controllers'}",
        ],
        "kube-scheduler": [
            "kube-scheduler",
            *both,
            "--secure-port=10259",
            f"--cert-dir={folder / 'scheduler'}",
        ],
    }


def node_programs(folder: Path, number: int, node: str) -> dict[str, list[str]]:
    """What runs on a node besides containerd."""
    own = folder / node
    return {
        "kubelet": [
            "kubelet",
            f"--config={own / 'kubelet.json'}",
            f"--kubeconfig={folder / 'kubeconfig'}",
            f"--hostname-override={node}",
            f"--node-ip=10.98.0.1{number}",
            f"--root-dir={own / 'kubelet'}",
            f"--cert-dir={own / 'kubelet/pki'}",
            "--container-runtime=remote",
            f"--container-runtime-endpoint=unix://{own / 'containerd.sock'}",
        ],
        "kube-proxy": ["kube-proxy", f"--config={own / 'proxy.json'}"],
    }


def node_files(folder: Path, number: int, node: str, plugins: Path, pause: str) -> dict[Path, str]:
    """The files that the programs of a node read."""
    return {
        folder / "cni/10-bridge.conflist": json.dumps(_pod_network(folder, number)),
        folder / "kubelet.json": json.dumps(_kubelet(node)),
        folder / "proxy.json": json.dumps(_proxy(folder.parent / "kubeconfig", number, node)),
        folder / "containerd.toml": _containerd(folder, plugins, pause),
    }


def make_cgroups(node: str) -> None:
    """Make the groups below which a kubelet puts its pods (cgroups v1)."""
    for controller in _controllers():
        if controller.name == "unified":
            continue
        (controller / f"cmt-{node}").mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (controller / name).is_file():
                (controller / f"cmt-{node}" / name).write_text((controller / name).read_text())


def remove_cgroups(node: str) -> None:
    """Remove them with all that is below."""
    for controller in _controllers():
        top = controller / f"cmt-{node}"
        if top.is_dir():
            for path in sorted(top.rglob("*"), key=lambda p: -len(p.parts)):
                if path.is_dir():
                    with contextlib.suppress(OSError):
                        path.rmdir()
            with contextlib.suppress(OSError):
                top.rmdir()


def _controllers() -> list[Path]:
    return [one for one in _CGROUPS.iterdir() if one.is_dir() and not one.is_symlink()]


def _pod_network(folder: Path, number: int) -> dict[str, object]:
    addresses = {
        "type": "host-local",
        "dataDir": str(folder / "addresses"),
        "ranges": [[{"subnet": f"10.97.{number}.0/24"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": addresses,
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "cmt", "plugins": [bridge, ports]}


def _kubelet(node: str) -> dict[str, object]:
    return {
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "readOnlyPort": 0,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/cmt-{node}",
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "clusterDNS": [DNS],
        "clusterDomain": "cluster.local",
        "nodeStatusUpdateFrequency": "3s",
        "syncFrequency": "3s",
        "evictionHard": {
            "memory.available": "50Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
        },
    }


def _proxy(config: Path, number: int, node: str) -> dict[str, object]:
    return {
        "kind": "KubeProxyConfiguration",
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "mode": "iptables",
        "hostnameOverride": node,
        "bindAddress": f"10.98.0.1{number}",
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(config)},
        "conntrack": {"maxPerCore": 0, "min": 0},
    }


def _containerd(folder: Path, plugins: Path, pause: str) -> str:
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""version = 2
root = "{folder / "root"}"
state = "{folder / "state"}"
[grpc]
address = "{folder / "containerd.sock"}"
[{cri}]
sandbox_image = "{pause}"
restrict_oom_score_adj = true
stream_server_address = "127.0.0.1"
[{cri}.cni]
bin_dir = "{plugins}"
conf_dir = "{folder / "cni"}"
"""
