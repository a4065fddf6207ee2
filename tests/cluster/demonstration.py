"""A small project for a real cluster: a web server that waits for a database with a volume."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.server import CONTEXT

DOOR = 30080
SECRET = "s3cr3t-4711"

_CONFIG = f"""
project_name: lab
site: one
kubernetes: {{context: {CONTEXT}, namespace: lab, registry: registry.invalid/lab}}
framework:
  services:
    db:
      path: services/db
      kubernetes: {{storage: {{data: {{size: 1Gi}}}}}}
    web:
      path: services/web
      kubernetes: {{replicas: 2, exposure: {{type: NodePort, node_port: {DOOR}}}}}
deployed_services: [db, web]
"""
_DB = """
services:
  db:
    image: IMAGE
    command: [sh, -c, "echo from-db > /data/index.html; exec httpd -f -p 8080 -h /data"]
    expose: [8080]
    volumes: ["data:/data"]
    stop_grace_period: 1s
    healthcheck: {test: "wget -q -O /dev/null http://127.0.0.1:8080/", interval: 2s}
volumes: {data: {}}
"""
_WEB = """
services:
  web:
    build: ./web
    environment: {API_KEY: "${API_KEY}"}
    ports: ["127.0.0.1:18080:8080"]
    volumes: ["./web/settings.yml:/etc/app/settings.yml:ro"]
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: "wget -q -O /dev/null http://127.0.0.1:8080/", interval: 2s}
"""
SERVES = (
    # That it is to end reaches the pod before everybody has forgotten its address.
    "trap 'sleep 5; exit 0' TERM; cp /etc/app/settings.yml /tmp/index.html; "
    "httpd -f -p 8080 -h /tmp & wait"
)
CRASHES = "echo the database said no; exit 3"


class Demonstration:
    """The project's folder.

    Args:
        root: where it is written.
        image: an image with busybox.
    """

    def __init__(self, root: Path, image: str) -> None:
        self.root, self._image = root, image
        for path, text in {
            "config.yml": _CONFIG,
            ".env": f"API_KEY={SECRET}\n",
            "services/docker-compose.yml.j2": "networks: {default: {}}\n",
            "services/db/docker-compose.yml.j2": _DB.replace("IMAGE", image),
            "services/web/docker-compose.yml.j2": _WEB,
            "services/web/settings.yml.j2": "site: {{ site }}\n",
        }.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.run_in_image(SERVES)

    def run_in_image(self, command: str) -> None:
        """Have the image of the web server run another command."""
        text = f'FROM {self._image}\nCMD ["sh", "-c", "{command}"]\n'
        (self.root / "services/web/Dockerfile").write_text(text)

    def edit(self, old: str, new: str) -> None:
        """Replace a piece of the configuration."""
        file = self.root / "config.yml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
