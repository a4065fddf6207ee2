"""The copy of a project that a test may do anything to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Project

from container_manager.errors import ConfigError, UsageError
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
        ".container-manager/identity.json": "", ".env.prod": "", ".venv/pyvenv.cfg": "",
        "my-venv/pyvenv.cfg": "", "src/__pycache__/a.pyc": "", ".pytest_cache/x": "",
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


def test_its_project_root_is_its_own(user: Project, copy: Copy) -> None:
    text = user.read("config.yml").replace("{", f'{{"project_root": "{user.root}",', 1)
    user.write("config.yml", text)
    mine = copy()
    assert mine.root != user.root
    assert mine.config("project_root") == str(mine.root)


def test_secrets_of_the_user_stay_with_the_user(user: Project, copy: Copy) -> None:
    user.write(
        ".env", "WEB_TOKEN=0123456789abcdef\nPIN=4711\nSITE='a b'\nDB=postgres://u:pw@db/x\n"
    )
    mine = copy()
    assert mine.read(".env") == "SITE='a b'\n"
    assert mine.loaded().environment.get("SITE") == "a b"
    assert "DB, PIN, WEB_TOKEN" in mine.hint
    assert ".env.test" in mine.hint


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
