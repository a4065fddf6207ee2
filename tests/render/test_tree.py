"""Files are written through Copier, and are what stock Copier would have written."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import copier
import pytest
import yaml

from container_manager.render.tree import write_texts

if TYPE_CHECKING:
    from tests.conftest import Project


def test_texts_arrive_byte_for_byte_with_their_modes(tmp_path: Path) -> None:
    texts = {
        "plain.txt": ("a\n", 0o644),
        "no newline": ("a", 0o600),
        "newlines": ("\n\na\n\n\n", 0o644),
        "empty": ("", 0o644),
        "run.sh": ("#!/bin/sh\n", 0o755),
        "readonly": ("x", 0o444),
        "nobody": ("x", 0o200),
        "deep/er/é 日本.txt": ("é 日本 \U0001f600 \u2028 \x85\n", 0o640),
        "{{ name }}.txt": ("{{ not }} {% rendered %} {# at all #} {{", 0o644),
        "[x]{%.j2": ("${HOME} $$ \\ ' \"", 0o644),
        "cr": ("a\r\nb\rc", 0o644),
        "copier.yml": ("_tasks: [touch /tmp/never]\n", 0o644),
        ".copier-answers.yml": ("x", 0o644),
    }
    out, workspace = tmp_path / "out", tmp_path / "workspace"
    workspace.mkdir()
    write_texts({out / name: content for name, content in texts.items()}, workspace)
    found = {
        path.relative_to(out).as_posix(): (
            path.read_bytes().decode(),
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in out.rglob("*")
        if path.is_file()
    }
    assert found == texts
    assert list(workspace.iterdir()) == []


def test_no_texts_need_no_copier(tmp_path: Path) -> None:
    write_texts({}, tmp_path / "not even there")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_an_os_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    with pytest.raises(OSError, match="file"):
        write_texts({tmp_path / "file" / "below": ("x", 0o644)}, workspace)
    assert list(workspace.iterdir()) == []


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
