"""Later versions of our own template, and edits of what its first one made."""

from __future__ import annotations

from tests.scaffold.update.labs import Repository

WEB = "services/web"
KIND = "template/service/python/[[ folder ]]"


def replace(repository: Repository, name: str, old: str, new: str) -> None:
    """Change a file."""
    text = repository.read(name)
    assert text.count(old) == 1, f"{name} says {old!r} {text.count(old)} times"
    repository.write({name: text.replace(old, new)})


def second_version(template: Repository) -> None:
    replace(template, f"{KIND}/src/server.py", '"""A small web', '"""A really small web')
    question = "\ntone:\n  type: str\n  help: How shall it sound?\n  default: kind\n"
    template.write(
        {
            "copier.yml": template.read("copier.yml") + question,
            f"{KIND}/notes.md.jinja": "Sounds [[ tone ]].\n" + "More of it.\n" * 9,
        }
    )
    replace(template, "template/project/services/docker-compose.yml.j2", "networks:", "networks: #")
    template.release("v2.0.0")


def third_version(template: Repository) -> None:
    replace(
        template, f"{KIND}/docker-compose.yml.j2.jinja", "unless-stopped", "unless-stopped # or not"
    )
    template.git("mv", f"{KIND}/notes.md.jinja", f"{KIND}/guide.md.jinja")
    template.git("rm", "--quiet", f"{KIND}/README.md.jinja")
    template.release("v3.0.0")
