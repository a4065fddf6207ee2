"""Files are written through Copier, and are what stock Copier would have written."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import copier
import pytest
import yaml
from tests.conftest import meaning

from container_manager.render.tree import generate

if TYPE_CHECKING:
    from tests.conftest import Project


def test_texts_arrive_byte_for_byte_with_their_modes(tmp_path: Path) -> None:
    texts = [
        ("a\n", 0o644),
        ("a", 0o600),
        ("\n\na\n\n\n", 0o644),
        ("", 0o644),
        ("#!/bin/sh\n", 0o755),
        ("x", 0o444),
        ("x", 0o200),
        ("é 日本 \U0001f600 \u2028 \x85\n", 0o640),
        ("{{ not }} {% rendered %} {# at all #} {{", 0o644),
        ("${HOME} $$ \\ ' \"", 0o644),
        ("a\r\nb\rc", 0o644),
        ("_tasks: [touch /tmp/never]\n", 0o644),
        ("a\n", 0o644),
    ]
    out = tmp_path / "out"
    out.mkdir()
    generate(texts, out)
    found = {
        path.name: (path.read_bytes().decode(), stat.S_IMODE(path.stat().st_mode))
        for path in out.iterdir()
    }
    assert found == {str(number): text for number, text in enumerate(texts)}
    assert list(tmp_path.iterdir()) == [out]


def test_what_cannot_be_written_is_an_os_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        generate([("x", 0o644)], tmp_path / "missing/out")
    assert list(tmp_path.iterdir()) == []


def test_later_builds_write_what_copier_would_have_written(project: Project) -> None:
    """The first build generates through Copier, later ones write the texts that changed."""
    folder = project.deploy(
        more={"images": {"web": "localhost/web:1"}, "title": "first"}, ports=["8080:80"], debug=True
    )
    for name, content in SERVICE_FILES.items():
        project.write(f"services/framework/web/{name}", "{{ title }}" + content).chmod(
            0o640 if name.startswith("conf/") else 0o755
        )
    (folder / "docker-compose.yml.j2").write_text("services: {web: {image: localhost/web}}\n")
    text = project.read("config.yml")
    project.write("config.yml", text.replace("first", "Läb"))
    project.build()
    fresh = project.built()
    shutil.rmtree(project.root / "build")
    project.write("config.yml", text)
    project.build()
    project.write("config.yml", text.replace("first", "Läb"))
    assert len(project.build().plan.pending) > len(SERVICE_FILES) - 2
    assert meaning(project.built()) == meaning(fresh)


SERVICE_FILES = {
    "docker-compose.yml.j2": """
        services:
          web:
            image: {{ images.web | tojson }}
            ports: {{ framework.services.web.ports | tojson }}
        {% if framework.services.web.debug %}
            command: [debug]
        {% endif %}
        """,
    "nginx.conf.j2": "listen {{ framework.services.web.ports[0] }};\n\n\n",
    "conf/no-newline.ini.j2": "title={{ title }}",
    "conf/deep/unicode é.txt.j2": "{{ title }} 日本\n",
    "bin/start.sh.j2": "#!/bin/sh\nexec {{ title }}\n",
    "empty.j2": "",
    "comment.txt.j2": "{# nothing #}\n",
    "crlf.txt.j2": "a\r\n{{ title }}\r\n",
}


def test_a_service_is_what_stock_copier_makes_of_it(project: Project, tmp_path: Path) -> None:
    """The reference is ``copier.run_copy`` on the service's folder with the whole configuration."""
    folder = project.deploy(
        more={"images": {"web": "localhost/web:1"}, "title": "Läb {{ x }}"},
        ports=["8080:80"],
        debug=False,
    )
    for name, content in SERVICE_FILES.items():
        path = project.write(f"services/framework/web/{name}", content)
        path.chmod(0o755 if name.startswith("bin/") else 0o644)
    project.build()

    stock = tmp_path / "stock"
    stock_source = tmp_path / "template"
    for path in folder.rglob("*.j2"):
        copy = stock_source / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copy.chmod(path.stat().st_mode)
    (stock_source / "copier.yml").write_text(
        "_templates_suffix: .j2\n_envops: {undefined: jinja2.StrictUndefined}\n"
    )
    copier.run_copy(
        str(stock_source),
        stock,
        data=json.loads(json.dumps(project.config().values)),
        defaults=True,
        quiet=True,
        settings=copier.Settings(),
    )

    ours = project.root / "build/services/framework/web"
    expected = {
        path.relative_to(stock): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in stock.rglob("*")
        if path.is_file()
    }
    found = {
        path: ((ours / path).read_bytes(), stat.S_IMODE((ours / path).stat().st_mode))
        for path in expected
    }
    assert len(expected) == len(SERVICE_FILES)
    assert found == expected
    assert yaml.safe_load(found[Path("docker-compose.yml")][0])["services"]["web"]["ports"]
