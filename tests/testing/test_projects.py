"""The copy of a project that a test may do anything to."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Project

from container_manager.build import pipeline
from container_manager.config.loader import load
from container_manager.config.supplied import NOTHING
from container_manager.errors import ConfigError, UsageError
from container_manager.testing.finding import find_project
from container_manager.testing.projects import Original, ProjectCopy

Copy = Callable[..., ProjectCopy]


@pytest.fixture
def copy(user: Project, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("copies")

    def make(**options: bool) -> ProjectCopy:
        original = Original(config_path=user.root / "config.yml", ignore=("*.h5",), folder=folder)
        return ProjectCopy(original, **options)

    return make


def test_holds_the_project_and_nothing_that_was_made_or_is_private(
    user: Project, copy: Copy
) -> None:
    user.files({
        "build/services/docker-compose.yml": "", "backups/old/data.tar": "", ".git/HEAD": "",
        ".container-manager/identity.json": "", ".env.prod": "", ".envrc": "",
        ".venv/pyvenv.cfg": "", "my-venv/pyvenv.cfg": "", "src/__pycache__/a.pyc": "",
        ".pytest_cache/x": "",
        "services/framework/web/build/kept.txt": "", "src/main.py": "", ".env.example": "",
        "data/large.h5": "",
    })  # fmt: skip
    root = copy().root
    found = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
    assert found == {
        ".env", ".env.example", "config.yml", "container-manager-test.yml",
        "services/docker-compose.yml.j2", "services/framework/web/docker-compose.yml.j2",
        "services/framework/web/build/kept.txt", "src/main.py",
    }  # fmt: skip


def test_has_another_name_and_never_that_of_the_users_stack(copy: Copy) -> None:
    mine = copy(unique=True)
    names = {mine.name, ProjectCopy(mine.original, unique=True).name}
    assert len(names) == 2
    assert all(name.startswith("lab-test-") for name in names)
    assert ProjectCopy(mine.original).loaded().project_name == "lab-test"


def test_an_environment_can_be_tested_with_what_belongs_to_it(
    user: Project, tmp_path: Path
) -> None:
    user.write("config.prod.yml", "import: config.yml\ngreeting: good day\nsite: ${SITE}\n")
    user.write("config.local.yml", "device: /dev/one\n")
    user.files({".env": "SITE=all\nOTHER=1\n", ".env.prod": "SITE=prod\nPIN=4711\n"})
    user.write("build-prod/.manager/manifest.json", "{}")
    mine = ProjectCopy(
        Original(config_path=user.root / "config.prod.yml", ignore=(), folder=tmp_path)
    )
    assert mine.name == "lab-prod-test"
    assert not (mine.root / "build-prod").exists()
    values = mine.loaded().values
    assert (values["greeting"], values["site"], values["device"]) == (
        "good day",
        "prod",
        "/dev/one",
    )
    assert "PIN" in mine.hint


def test_its_project_root_is_its_own(user: Project, copy: Copy) -> None:
    text = user.read("config.yml").replace("{", f'{{"project_root": "{user.root}",', 1)
    user.write("config.yml", text)
    mine = copy()
    assert mine.root != user.root
    assert mine.config("project_root") == str(mine.root)


def test_commands_of_the_project_do_not_run_for_a_copy(user: Project, copy: Copy) -> None:
    settings = user.read("config.yml").rstrip().removesuffix("}")
    commands = '"hooks": {"before_build": ["false"]}, "secrets_command": ["false"]'
    user.write("config.yml", f"{settings}, {commands}}}")
    mine = copy()
    assert mine.build().compose
    config = load(mine.root / "container-manager-test.yml")
    assert config.hooks == ()
    assert config.environment.supplied == NOTHING


def test_overrides_of_the_project_count_in_a_copy(user: Project, copy: Copy) -> None:
    settings = user.read("config.yml").rstrip().removesuffix("}")
    user.write("over.yml", "services: {web: {mem_limit: 64m}}\n")
    (user.root.parent / "far.yml").write_text("services: {web: {pids_limit: 9}}\n")
    user.write("config.yml", f'{settings}, "compose_overrides": ["over.yml", "../far.yml"]}}')
    mine = copy()
    prepared = pipeline.prepare(load(mine.root / "container-manager-test.yml"))
    definition = prepared.stack.services["web"].definition
    assert (definition["mem_limit"], definition["pids_limit"]) == ("64m", 9)


def test_secrets_of_the_user_stay_with_the_user(user: Project, copy: Copy) -> None:
    user.write(
        ".env", "WEB_TOKEN=0123456789abcdef\nPIN=4711\nSITE='a b'\nDB=postgres://u:pw@db/x\n"
    )
    mine = copy()
    assert mine.read(".env") == "SITE='a b'\n"
    assert mine.loaded().environment.get("SITE") == "a b"
    assert "DB, PIN, WEB_TOKEN" in mine.hint
    assert ".env.test" in mine.hint


@pytest.mark.parametrize("name", [".env", ".env.test"])
@pytest.mark.parametrize("content", [b"WEB_TOKEN=a\nno variable at all 'x\n", b"A=1\nB=\xff\n"])
def test_variables_that_cannot_be_read_are_told(
    user: Project, copy: Copy, name: str, content: bytes
) -> None:
    mine = copy()
    (user.root / name).write_bytes(content)
    with pytest.raises(ConfigError, match=rf"(?m)^{re.escape(name)}:2: "):
        mine.build()
    (user.root / name).write_text("SITE=here\n", encoding="utf-8")
    assert mine.read(".env").replace("'", "") == "SITE=here\n"


def test_a_copy_that_failed_once_may_be_tried_again(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    mine = copy()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copy2", full)
        with pytest.raises(OSError, match="No space"):
            mine.build()
    assert mine.build().services["web"]


def test_folders_that_may_not_be_read_are_left_out(
    user: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As whoever runs a database of another user id: in a process that may not read all."""
    user.files({"pgdata/inner/file": "", "shut.txt": "", "seen.txt": ""})
    (user.root / "link").symlink_to("pgdata/inner")
    root = os.geteuid() == 0
    for path in (user.root / "pgdata", user.root / "shut.txt"):
        path.chmod(0o700 if root else 0)
        if root:
            os.chown(path, 65534, 65534)
    code = (
        "import sys, pathlib; from container_manager.testing.projects import Original;"
        "o = Original(config_path=pathlib.Path(sys.argv[1]), ignore=(),"
        "    folder=pathlib.Path(sys.argv[2]));"
        "print(*sorted(p.name for p in o.clean().iterdir()))"
    )
    argv = [sys.executable, "-c", code, str(user.root / "config.yml"), str(tmp_path / "copies")]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, preexec_fn=_may_not_read_all
    )
    (user.root / "pgdata").chmod(0o700)
    assert done.returncode == 0, done.stderr
    names = done.stdout.split()
    assert "seen.txt" in names
    assert not {"pgdata", "shut.txt"} & set(names)


def _may_not_read_all() -> None:
    """Root without the two capabilities with which it reads what is not its own."""
    drop, override, read = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    libc = ctypes.CDLL(None)
    for capability in (override, read):
        libc.prctl(drop, capability, 0, 0, 0)


def test_a_project_is_found_past_folders_that_may_not_be_read(user: Project) -> None:
    assert find_project([Path("/", "x" * 300), user.root / "services"]) == (
        user.root / "config.yml"
    )


def test_variables_for_tests_stand_in_a_file_of_their_own(user: Project, copy: Copy) -> None:
    user.write(".env", "WEB_TOKEN=0123456789abcdef\nSITE=here\n")
    user.write(".env.test", "WEB_TOKEN=only-for-tests\n")
    mine = copy()
    assert mine.read(".env") == "WEB_TOKEN=only-for-tests\n"
    assert (mine.root / ".env").stat().st_mode & 0o777 == 0o600
    assert mine.hint == ""


def test_a_setting_below_one_that_is_no_mapping_is_a_mistake(copy: Copy) -> None:
    mine = copy()
    with pytest.raises(UsageError, match=r"'site\.name' leads through 'site', which is no mapping"):
        mine.set({"site": "here", "site.name": "there"})


@pytest.mark.parametrize("value", [{1}, [b"x"], Path("x")])
def test_a_value_that_no_configuration_can_hold_is_a_mistake(copy: Copy, value: object) -> None:
    mine = copy()
    with pytest.raises(UsageError, match=r"project\.set\(\): the value of 'x\.y' cannot stand"):
        mine.set({"x.y": value})
    assert mine.set({"x.y": "now"}).config("x.y") == "now"


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("framework.services.web.port.x", "'framework.services.web.port' is no mapping."),
        ("framework.services.wbe", "Did you mean 'web'?"),
        ("deployed_services.9", "'deployed_services' is a list of 1."),
        ("deployed_services.x", "'deployed_services' is a list of 1."),
    ],
)
def test_a_path_at_which_nothing_stands_is_a_mistake(copy: Copy, path: str, remedy: str) -> None:
    with pytest.raises(UsageError) as told:
        copy().config(path)
    assert str(told.value) == f"project.config(): there is no '{path}'.\n  {remedy}"


def test_links_lead_into_the_copy(user: Project, copy: Copy) -> None:
    user.write("data/real.txt", "theirs")
    (user.root / "data/absolute.txt").symlink_to(user.root / "data/real.txt")
    (user.root / "relative.txt").symlink_to("data/real.txt")
    mine = copy()
    for link in ("data/absolute.txt", "relative.txt"):
        assert (mine.root / link).resolve() == (mine.root / "data/real.txt").resolve()
    mine.write("data/absolute.txt", "mine")
    assert user.read("data/real.txt") == "theirs"


def test_what_if_something_else_were_set(copy: Copy) -> None:
    mine = copy().set({"framework.services.web.port": 9000}, site="here")
    assert mine.config("framework.services.web.port") == 9000
    assert mine.config("framework.services.web.greeting") == "Hello"
    assert mine.config("site") == "here"
    assert mine.build().services["web"]["ports"] == ["127.0.0.1:9000:8000"]


def test_one_test_does_not_see_what_another_changed(copy: Copy) -> None:
    one = copy()
    other = ProjectCopy(one.original)
    one.set({"framework.services.web.port": 9000}).env(SITE="here")
    one.write("services/framework/web/more.txt", "x")
    assert other.config("framework.services.web.port") == 8081
    assert other.loaded().environment.get("SITE") is None
    assert "services/framework/web/more.txt" not in other.build().files
    assert ProjectCopy(one.original).root != one.root


def test_who_only_looks_gets_the_one_build_of_the_run(copy: Copy) -> None:
    mine = copy()
    assert mine.build().prepared is ProjectCopy(mine.original).build().prepared


def test_what_a_test_does_to_its_result_no_other_sees(copy: Copy) -> None:
    mine = copy()
    mine.build().services["web"]["ports"].clear()
    assert mine.build().services["web"]["ports"] == ["127.0.0.1:8081:8000"]


def test_an_error_names_the_users_own_file(user: Project, copy: Copy) -> None:
    mine = copy()
    mine.write("services/framework/web/docker-compose.yml.j2", "services: {{ web.nothing }}\n")
    with pytest.raises(Exception, match=r"^services/framework/web/docker-compose.yml.j2:1"):
        mine.build()
    mine.set({"deployed_services": ["framework.nothing"]})
    with pytest.raises(ConfigError, match=r"project\.set\(\):\d+"):
        mine.build()


def test_a_broken_configuration_is_told_when_it_is_used(user: Project, copy: Copy) -> None:
    user.write("config.yml", "a: [\n")
    mine = copy()
    with pytest.raises(ConfigError, match=r"config\.yml"):
        mine.build()


def test_what_lies_beside_the_project_is_found(user: Project, copy: Copy) -> None:
    shared = user.root.parent / "shared"
    shared.mkdir()
    (shared / "site.yml").write_text("site: shared\n", encoding="utf-8")
    (shared / "data.txt").write_text("data", encoding="utf-8")
    (user.root / "link.txt").symlink_to(Path("../shared/data.txt"))
    user.deploy(
        "web", port=1, additional_dirs=[{"src": "../shared", "dst": "shared"}],
        more={"import": "../shared/site.yml"},
    )  # fmt: skip
    mine = copy()
    assert mine.config("site") == "shared"
    assert mine.build().files["services/framework/web/shared/data.txt"] == "data"
    assert (mine.root / "link.txt").read_text(encoding="utf-8") == "data"
    assert (
        ProjectCopy(mine.original)
        .set(site="mine")
        .build()
        .files["services/framework/web/shared/data.txt"]
        == "data"
    )
