"""A project in the original layout gives what the original steps gave.

The reference below is the documentation of the original module in the plainest code there is:
merge the configuration, render with strict Jinja, copy with shutil. It shares nothing with the
product but the project on disk.
"""

from __future__ import annotations

import re
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
import yaml

if TYPE_CHECKING:
    from tests.conftest import Project

ENVIRON = {
    "LAB_HOST": "lab.example.org",
    "MONGO_PASSWORD": "correct-horse-battery",
    "PORT": "27017",
}

FILES: dict[str, str | bytes] = {
    "config.yml": """
        import: base.yml

        project_name: als
        project_root: /opt/als
        build_dir: ./build
        applications:
          - als_expert
          - no_config

        deployed_services:
          - framework.jupyter
          - open-webui
          - applications.als_expert.mongo
          - applications.als_expert.pv_finder
          - legacy

        framework:
          services:
            jupyter:
              hostname: overridden.${LAB_HOST}
              ports: [8088]
        """,
    "base.yml": """
        host: ${LAB_HOST}
        motto: 'it costs $$5, "quoted" & <tagged>: # yes'
        version: "1.10"
        framework:
          services:
            jupyter:
              path: ./services/framework/jupyter
              copy_src: true
              render_kernel_templates: true
              additional_dirs: [docs, {src: external/data, dst: data}]
              hostname: base
              ports: [1, 2, 3]
              modes: {readonly: true, write: false}
            open_webui:
              path: services/framework/open-webui
              copy_src: false
        services:
          legacy:
            path: services/legacy
            additional_dirs: [{src: docs/index.md, dst: manual/start.md}]
        """,
    "src/applications/als_expert/config.yml": """
        password: ${MONGO_PASSWORD}
        services:
          mongo:
            path: services/applications/als_expert/mongo
            copy_src: true
            port: ${PORT}
            url: mongodb://als:${MONGO_PASSWORD}@mongo:${PORT}/als
          pv_finder:
            path: services/applications/als_expert/pv_finder
            additional_dirs: [scripts]
        """,
    "src/applications/als_expert/main.py": "import framework\n",
    "src/framework/__init__.py": "",
    "src/framework/page.html.j2": "{{ left.alone }}\n",
    "src/framework/data.bin": b"\x00\xff\xfe",
    "requirements.txt": "requests==2.32.3\n",
    "pyproject.toml": '[project]\nname = "als"\n',
    "docs/index.md": "# {{ docs }} are copied\n",
    "docs/deep/er/é.md": "é\n",
    "external/data/d.csv": "1,2\n",
    "scripts/run.sh": "#!/bin/sh\n",
    "services/docker-compose.yml.j2": """
        networks:
          default:
            name: {{ project_name }}-network
        """,
    "services/framework/jupyter/docker-compose.yml.j2": """
        {% set me = framework.services.jupyter %}
        services:
          jupyter:
            build: {context: ./framework/jupyter, dockerfile: Dockerfile}
            image: localhost/als-jupyter:{{ version }}
            hostname: {{ me.hostname }}
            {% if me.modes.readonly %}
            read_only: true
            {% endif %}
            ports:
            {% for port in me.ports %}
              - "{{ port }}:8888"
            {% endfor %}
            environment:
              HTTP_PROXY: ${HTTP_PROXY:-}
              HOST: ${LAB_HOST}
              ROOT: {{ project_root }}
              MOTTO: {{ motto | tojson }}
              COST: $$5
        """,
    "services/framework/jupyter/Dockerfile": "FROM localhost/python\nCOPY . /srv\n",
    "services/framework/jupyter/start.sh": "#!/bin/sh\nexec jupyter\n",
    "services/framework/jupyter/custom/theme.css": "a { color: red }\n",
    "services/framework/jupyter/python3-epics-readonly/kernel.json.j2": """
        {"display_name": "EPICS (readonly)", "argv": ["python"],
         "env": {"ROOT": "{{ project_root }}", "HOST": "{{ host }}"}}
        """,
    "services/framework/jupyter/python3-epics-readonly/logo.svg": "<svg/>\n",
    "services/framework/jupyter/python3-epics-write/kernel.json.j2": '{"argv": ["python"]}\n',
    "services/framework/open-webui/docker-compose.yml.j2": """
        services:
          open-webui:
            image: localhost/open-webui
            restart: unless-stopped
            environment: ["OLLAMA=http://{{ host }}:11434"]
        """,
    "services/framework/open-webui/functions/f.py": "x = 1\n",
    "services/applications/als_expert/mongo/docker-compose.yml.j2": """
        {% set me = applications.als_expert.services.mongo %}
        services:
          mongo:
            image: docker.io/library/mongo:7.0.2
            ports: ["127.0.0.1:{{ me.port }}:27017"]
            environment:
              MONGO_INITDB_ROOT_PASSWORD: {{ applications.als_expert.password }}
              URL: {{ me.url }}
            volumes: [mongo-data:/data/db]
        volumes:
          mongo-data:
        """,
    "services/applications/als_expert/mongo/init/init.js": "db.createUser()\n",
    "services/applications/als_expert/pv_finder/docker-compose.yml.j2": """
        services:
          pv-finder:
            image: localhost/pv-finder
            depends_on: [mongo]
            environment:
              MONGO: mongodb://als:${MONGO_PASSWORD}@mongo
        """,
    "services/applications/als_expert/pv_finder/settings.ini.j2": "host={{ host }}\n",
    "services/legacy/docker-compose.yml.j2": "services: {legacy: {image: localhost/legacy}}\n",
    "services/legacy/readme.txt": "old but in use\n",
}  # fmt: skip

SERVICES = {
    "services/framework/jupyter": ("framework", "services", "jupyter"),
    "services/framework/open-webui": ("framework", "services", "open_webui"),
    "services/applications/als_expert/mongo": (
        "applications", "als_expert", "services", "mongo",
    ),
    "services/applications/als_expert/pv_finder": (
        "applications", "als_expert", "services", "pv_finder",
    ),
    "services/legacy": ("services", "legacy"),
}  # fmt: skip

# --- the reference --------------------------------------------------------------------------------


def interpolated(text: str, variables: dict[str, str]) -> str:
    """What a compose provider makes of a text."""

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return variables.get(match["name"], match["default"] or "")

    pattern = r"\$\$|\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}"
    return re.sub(pattern, replaced, text)


def everywhere(value: Any, variables: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: everywhere(child, variables) for key, child in value.items()}
    if isinstance(value, list):
        return [everywhere(child, variables) for child in value]
    return interpolated(value, variables) if isinstance(value, str) else value


def merged(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return {
            **base,
            **{key: merged(base.get(key), child) for key, child in over.items()},
        }
    return over


def reference_config(root: Path) -> dict[str, Any]:
    """Imports first, then the file itself; applications by convention; then the variables."""
    config = yaml.safe_load((root / "config.yml").read_text())
    base = yaml.safe_load((root / config.pop("import")).read_text())
    names = config.pop("applications")
    config = merged(base, config)
    config["applications"] = {}
    for name in names:
        file = root / "src/applications" / name / "config.yml"
        config["applications"][name] = yaml.safe_load(file.read_text()) if file.exists() else {}
    expanded: dict[str, Any] = everywhere(config, ENVIRON)
    return expanded


class Reference:
    """The seven steps of the original ``setup_build_dir``, for every service."""

    def __init__(self, root: Path, out: Path) -> None:
        self.root, self.out = root, out
        self.config = reference_config(root)
        self.jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(root),
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
        )

    def build(self) -> None:
        root = self.root / "services/docker-compose.yml.j2"
        self.render(root, self.out / "services/docker-compose.yml")
        for path, keys in SERVICES.items():
            service = self.config
            for key in keys:
                service = service[key]
            target = self.out / path
            target.mkdir(parents=True)
            self.service_files(self.root / path, target, service)
            if service.get("copy_src"):
                self.sources(target / "repo_src")
            for item in service.get("additional_dirs", []):
                self.additional(item, target)
            (target / "config.yml").write_text(yaml.safe_dump(self.config))

    def render(self, template: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        name = template.relative_to(self.root).as_posix()
        target.write_text(self.jinja.get_template(name).render(self.config))

    def service_files(self, source: Path, target: Path, service: dict[str, Any]) -> None:
        for file in (path for path in source.rglob("*") if path.is_file()):
            copy = target / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if file.suffix != ".j2":
                shutil.copy2(file, copy)
            elif file.name != "kernel.json.j2" or service.get("render_kernel_templates"):
                self.render(file, copy.with_suffix(""))  # nested ones too: decided here

    def sources(self, target: Path) -> None:
        shutil.copytree(self.root / "src", target)
        shutil.copy2(self.root / "requirements.txt", target / "requirements.txt")
        shutil.copy2(self.root / "pyproject.toml", target / "pyproject_user.toml")

    def additional(self, item: Any, target: Path) -> None:
        src, dst = (item["src"], item["dst"]) if isinstance(item, dict) else (item, item)
        (target / dst).parent.mkdir(parents=True, exist_ok=True)
        if (self.root / src).is_dir():
            shutil.copytree(self.root / src, target / dst)
        else:
            shutil.copy2(self.root / src, target / dst)


# --- the comparison -------------------------------------------------------------------------------


@pytest.fixture
def both(project: Project, tmp_path: Path) -> tuple[Path, Path]:
    """The project built by us, and by the reference."""
    project.files(FILES)
    for path in FILES:
        if path.endswith(".sh"):
            (project.root / path).chmod(0o755)
    project.environ.update(ENVIRON)
    assert not list(project.root.rglob("copier.y*ml"))
    build = project.build()
    assert build.warnings == ()
    expected = tmp_path / "reference"
    Reference(project.root, expected).build()
    return build.build_dir, expected


def files(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and ".manager" not in path.parts
    }


def test_the_same_files_are_there(both: tuple[Path, Path]) -> None:
    ours, expected = map(files, both)
    assert sorted(ours) == sorted(expected)
    assert len(ours) > 35


def test_compose_files_mean_the_same_key_for_key(both: tuple[Path, Path]) -> None:
    ours, expected = map(files, both)
    compared = 0
    for path, file in expected.items():
        if not path.endswith("docker-compose.yml"):
            continue
        # The reference expands everything when it renders; ours leaves secrets to the provider.
        meant = everywhere(yaml.safe_load(ours[path].read_text()), ENVIRON)
        assert meant == everywhere(yaml.safe_load(file.read_text()), ENVIRON), path
        compared += 1
    assert compared == 1 + len(SERVICES)


def test_what_is_copied_has_equal_bytes_and_modes(both: tuple[Path, Path]) -> None:
    ours, expected = map(files, both)
    copied = [p for p in expected if not p.endswith(("docker-compose.yml", "config.yml"))]
    copied += [p for p in expected if p.endswith("repo_src/applications/als_expert/config.yml")]
    for path in copied:
        assert ours[path].read_bytes() == expected[path].read_bytes(), path
        if not path.endswith(("kernel.json", "settings.ini")):
            assert stat.S_IMODE(ours[path].stat().st_mode) == stat.S_IMODE(
                expected[path].stat().st_mode
            ), path
    assert len(copied) > 25


def test_the_flattened_configuration_means_the_same(both: tuple[Path, Path]) -> None:
    ours, expected = map(files, both)
    for path in SERVICES:
        text = ours[f"{path}/config.yml"].read_text()
        assert ENVIRON["MONGO_PASSWORD"] not in text
        meant = everywhere(yaml.safe_load(text), ENVIRON)
        assert meant == yaml.safe_load(expected[f"{path}/config.yml"].read_text())


def test_the_reference_would_notice(both: tuple[Path, Path]) -> None:
    """The planted password is in what the reference wrote, and nowhere in ours."""
    ours, expected = both
    secret = ENVIRON["MONGO_PASSWORD"].encode()

    def holders(folder: Path) -> list[str]:
        return [path for path, file in files(folder).items() if secret in file.read_bytes()]

    assert len(holders(expected)) > len(SERVICES)
    assert holders(ours) == []
