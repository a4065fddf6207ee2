"""Environments: which file is one, what is read in it, and that two of them never meet."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.test_cli import invoke, outcome

from container_manager import building, verbs
from container_manager.build import again
from container_manager.build.port_keys import port_keys
from container_manager.config.loader import load
from container_manager.discovery import discover
from container_manager.environments import config_of, environment_of
from container_manager.errors import BuildError, ConfigError, UsageError
from container_manager.identity import load_identity

if TYPE_CHECKING:
    from tests.conftest import Project

PROD = "import: config.yml\n"
GREETING = "services: {web: {image: localhost/web, environment: {GREETING: '{{ greeting }}'}}}\n"


@pytest.fixture
def lab(project: Project) -> Project:
    """A project with an environment that changes nothing but a greeting."""
    project.deploy(template=GREETING, more={"greeting": "hello"})
    project.write("config.prod.yml", f"{PROD}greeting: good day\n")
    return project


def compose_file(project: Project, build: str) -> str:
    return project.read(f"{build}/services/framework/web/docker-compose.yml")


# --- which file is an environment -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("config.prod.yml", "prod"),
        ("config.site-b_2.yml", "site-b_2"),
        ("stack.prod.yaml", "prod"),
        ("config.prod.yaml", None),  # config.yaml is not there
        ("other.prod.yml", None),  # nor is other.yml
        ("config.Prod.yml", None),
        ("config.-prod.yml", None),
        ("config.local.yml", None),
        ("config.example.yml", None),
        ("config.yml", None),
    ],
)
def test_a_file_is_one_by_its_name_and_the_file_beside_it(
    project: Project, name: str, environment: str | None
) -> None:
    project.files({"config.yml": "a: 1\n", "stack.yaml": "a: 1\n"})
    found = environment_of(project.root / name)
    assert (found.name if found else None) == environment


def test_an_option_a_variable_and_the_file_itself_mean_the_same(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = lab.root / "config.prod.yml"
    lab.write("stack.yml", "a: 1\n")
    assert config_of(None, "prod") == own
    assert config_of("config.yml", "prod") == Path("config.prod.yml")
    assert config_of("config.prod.yml", "prod") == Path("config.prod.yml")
    assert config_of("stack.yml", "prod") == Path("stack.prod.yml")
    monkeypatch.setenv("CONTAINER_MANAGER_CONFIG", str(lab.root / "stack.yml"))
    assert config_of(None, "prod") == lab.root / "stack.prod.yml"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "No environment can be called ''"),
        ("Prod", "Did you mean 'prod'?"),
        ("../x", "lower-case letters"),
        ("a.b", "lower-case letters"),
        ("local", "config.local.yml belongs to one host"),
        ("example", ".env.example is for everybody to read"),
        ("A=b", "--setenv NAME=VALUE"),
    ],
)
def test_what_no_environment_can_be_called(lab: Project, name: str, said: str) -> None:
    with lab.refuses(UsageError) as refusal:
        config_of(None, name)
    assert said in refusal.text


def test_one_environment_of_another_is_refused(lab: Project) -> None:
    with lab.refuses(UsageError) as refusal:
        config_of("config.prod.yml", "dev")
    assert "is the environment 'prod', and --env asks for 'dev'" in refusal.text


def test_a_missing_one_is_told_with_what_to_write_and_near_ones(lab: Project) -> None:
    with lab.refuses(ConfigError) as refusal:
        load(config_of(None, "prud"))
    assert refusal.messages == [
        "config.prud.yml: There is no environment 'prud': this file is missing."
    ]
    (remedy,) = refusal.remedies
    assert remedy is not None
    assert remedy.startswith("Did you mean 'prod'?")
    assert "write config.prud.yml with the line 'import: config.yml'" in remedy
    with lab.refuses(ConfigError) as refusal:
        load(config_of(None, "zz"))
    assert "Environments here: prod." in refusal.text


def test_without_its_base_there_is_no_environment(lab: Project) -> None:
    with lab.refuses(ConfigError) as refusal:
        config_of("stack.yml", "prod")
    assert refusal.messages == ["stack.yml: There is no such configuration file."]


def test_one_that_imports_nothing_is_told_so_with_what_is_wrong_then(lab: Project) -> None:
    lab.write("config.prod.yml", "greeting: good day\n")
    with lab.refuses() as refusal:
        building.build("config.prod.yml")
    assert refusal.text.endswith(
        "config.prod.yml: This environment imports nothing: config.yml does not count in it.\n"
        "  Write 'import: config.yml' into config.prod.yml."
    )


def test_nothing_is_told_of_one_that_imports_a_file_which_imports_another(lab: Project) -> None:
    lab.files({"more.yml": "import: config.yml\n", "config.prod.yml": "import: more.yml\n"})
    assert lab.config("config.prod.yml").warnings == ()


# --- tasks take --env -----------------------------------------------------------------------------


def test_every_task_with_a_configuration_takes_an_environment() -> None:
    from container_manager.tasks import namespace

    for context in namespace.to_contexts():
        assert ("--env" in context.flags) == ("--config" in context.flags), context.name
        if "--env" in context.flags:
            assert context.flags["--env"].takes_value
            assert context.flags["--env"].help


def test_the_program_builds_an_environment(lab: Project) -> None:
    assert outcome("build", "--env", "prod") == 0
    assert "good day" in compose_file(lab, "build-prod")
    assert not (lab.root / "build").exists()
    assert outcome("build", "--env=prod", "web", "--config", "config.yml") == 0
    assert outcome("plan", "--files", "--check", "--env", "prod") == 0
    assert outcome("plan", "--files", "--check") == 3


def test_dry_runs_are_about_the_environment_too(
    lab: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    assert outcome("build", "--dry", "--env", "prod", "--json") == 0
    assert "build-prod" in capfd.readouterr().out
    assert not (lab.root / "build-prod").exists()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("build", "--env", "prud"), "Did you mean 'prod'?"),
        (("build", "--env", "Prod"), "Did you mean 'prod'?"),
        (("build", "--env", "local"), "leave --env out"),
        (("build", "--env"), "--env needs a value."),
        (("--env", "prod", "build"), "Write --env NAME after the task's name."),
        (("kernels", "--env", "prod", "build"), "--env is said of one task, and not of 'build'"),
        (("kernels", "build", "--env=prod"), "--env is said of one task, and not of 'kernels'"),
    ],
)
def test_mistakes_end_with_2_and_write_nothing(
    lab: Project, argv: tuple[str, ...], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert outcome(*argv) == 2
    assert said in capfd.readouterr().err
    assert not (lab.root / "build").exists()
    assert not (lab.root / ".container-manager").exists()


def test_stock_invoke_knows_environments(lab: Project) -> None:
    finished = invoke(lab, "build", "--env", "prod")
    assert finished.returncode == 0, finished.stderr
    assert "good day" in compose_file(lab, "build-prod")
    assert invoke(lab, "build", "--env", "prud").returncode == 2


# --- names and folders ----------------------------------------------------------------------------


def test_what_all_files_share_gets_the_name_of_the_environment(lab: Project) -> None:
    """Also what the base says itself: two environments of one checkout never meet."""
    lab.deploy(more={"build_dir": "out/", "greeting": "hello"})
    base, prod = lab.config(), lab.config("config.prod.yml")
    assert (base.project_name, prod.project_name) == ("lab", "lab-prod")
    assert (base.build_dir, prod.build_dir) == (lab.root / "out", lab.root / "out-prod")
    assert prod.values["project_name"] == "lab-prod"
    lab.write("config.local.yml", "project_name: here\n")
    assert lab.config().project_name == "here"
    assert lab.config("config.prod.yml").project_name == "here-prod"


def test_where_nothing_is_said_the_folder_and_the_environment_give_the_names(
    project: Project,
) -> None:
    project.files({"config.yml": "deployed_services: []\n", "config.prod.yml": PROD})
    assert project.config("config.prod.yml").project_name == "lab-prod"
    assert project.config("config.prod.yml").build_dir == project.root / "build-prod"


def test_what_the_environment_itself_says_is_taken_as_it_is(lab: Project) -> None:
    lab.write("config.prod.yml", f"{PROD}project_name: Live\nbuild_dir: /srv/live\n")
    prod = lab.config("config.prod.yml")
    assert prod.project_name == "live"
    assert prod.build_dir == Path("/srv/live")


@pytest.mark.parametrize("key", ["project_name", "build_dir"])
def test_a_name_with_an_unset_variable_is_refused_there_too(lab: Project, key: str) -> None:
    lab.deploy(more={key: "x-${SITE}", "greeting": "hello"})
    with lab.refuses(ConfigError) as refusal:
        lab.config("config.prod.yml")
    assert f"'{key}' holds a variable that is not set, or a secret." in refusal.text


def test_explain_says_why_a_name_is_another_than_is_written(lab: Project) -> None:
    told = verbs.explain("config.prod.yml", "project_name")
    assert (told.value, told.written) == ("lab-prod", "lab")
    assert (
        str(told.rule)
        == "'-prod' is appended, since config.prod.yml itself does not say project_name"
    )
    told = verbs.explain("config.prod.yml", "build_dir")
    assert (told.value, told.where) == ("build-prod", None)
    assert str(told.rule).endswith("config.prod.yml itself does not say build_dir")
    assert verbs.explain("config.prod.yml", "greeting").rule is None
    lab.write("config.prod.yml", f"{PROD}project_name: live\n")
    assert verbs.explain("config.prod.yml", "project_name").rule is None


def test_two_that_would_share_a_build_folder_are_refused(lab: Project) -> None:
    building.build()
    lab.write("config.prod.yml", f"{PROD}build_dir: build\n")
    with lab.refuses(BuildError) as refusal:
        building.build("config.prod.yml")
    assert "belongs to this project without --env" in refusal.text
    assert "such as ./build-prod." in refusal.text
    lab.write("config.prod.yml", PROD)
    lab.write("config.dev.yml", f"{PROD}build_dir: build-prod\n")
    building.build("config.prod.yml")
    with lab.refuses(BuildError) as refusal:
        building.build("config.dev.yml")
    assert "belongs to config.prod.yml beside this one" in refusal.text
    (lab.root / "config.prod.yml").unlink()
    building.build("config.dev.yml")


# --- what is kept is kept apart -------------------------------------------------------------------


def test_one_that_would_build_inside_the_build_of_another_is_refused(lab: Project) -> None:
    building.build()
    lab.write("config.prod.yml", f"{PROD}build_dir: build/services/prod\n")
    with lab.refuses(BuildError) as refusal:
        building.build("config.prod.yml")
    assert f"lies in another one, {lab.root / 'build'}." in refusal.text
    assert not (lab.root / "build/services/prod").exists()


def test_builds_of_two_environments_leave_each_other_alone(lab: Project) -> None:
    building.build()
    before = lab.tree("build")
    building.build("config.prod.yml")
    assert lab.tree("build") == before
    assert "hello" in compose_file(lab, "build")
    assert "good day" in compose_file(lab, "build-prod")
    assert building.build("config.prod.yml").plan.pending == ()
    assert building.build().plan.pending == ()


def test_a_source_that_holds_the_builds_of_others_is_copied_without_them(project: Project) -> None:
    project.deploy(additional_dirs=[{"src": ".", "dst": "all"}])
    project.write("config.prod.yml", PROD)
    building.build("config.prod.yml")
    project.write(".env.prod", "API_TOKEN=correct-horse-battery\n")
    building.build()
    copied = [path for path in project.built() if "/all/" in path]
    assert any(path.endswith("all/config.yml") for path in copied)
    assert not any("build-prod" in path or ".env.prod" in path for path in copied)


def test_private_folders_and_backups_are_its_own(lab: Project) -> None:
    base, prod = lab.config(), lab.config("config.prod.yml")
    assert base.backups_dir == lab.root / "backups"
    assert prod.backups_dir == lab.root / "backups/prod"
    folders = [one.state_dir for one in (base, prod)]
    made = [
        load_identity(folder, project="x", config=lab.root / "config.yml", create=True)
        for folder in folders
    ]
    assert made[0].checkout != made[1].checkout
    top = lab.root / ".container-manager"
    assert folders == [top, top / "environments/prod"]
    assert top.stat().st_mode & 0o077 == 0
    assert folders[1].stat().st_mode & 0o077 == 0
    assert (top / ".gitignore").read_text() == "*\n"


def test_environments_of_two_configurations_in_one_folder_are_two(lab: Project) -> None:
    lab.files({"stack.yml": "import: config.yml\n", "stack.prod.yml": "import: stack.yml\n"})
    config, stack = lab.config("config.prod.yml"), lab.config("stack.prod.yml")
    assert stack.state_dir.name == "stack.prod"
    assert stack.backups_dir != config.backups_dir


def test_ports_are_chosen_and_remembered_apart(project: Project) -> None:
    project.deploy(
        port_host="auto",
        template="services: {web: {image: localhost/web, "
        "ports: ['127.0.0.1:{{ framework.services.web.port_host }}:80']}}\n",
    )
    project.write("config.prod.yml", PROD)
    building.build()
    building.build("config.prod.yml")
    ports = json.loads(project.read(".container-manager/ports.json"))
    key = "framework.services.web.port_host"
    assert ports["config.yml"][key] != ports["config.prod.yml"][key]


def test_a_port_that_another_has_is_to_be_changed_in_the_environment(project: Project) -> None:
    template = "services: {web: {image: localhost/web, ports: ['{{ port }}:80']}}\n"
    project.deploy(template=template, more={"port": 8080})
    project.write("config.prod.yml", PROD)
    place = str(project.config().origin("port"))
    for name, told in (
        ("config.yml", f"port ({place})"),
        ("config.prod.yml", f"port ({place}; for this environment alone, in config.prod.yml)"),
    ):
        config = project.config(name)
        assert port_keys(config, discover(config)[0], "framework.web", 8080) == [told]


# --- variables ------------------------------------------------------------------------------------


def test_its_own_variables_are_read_over_the_common_ones(lab: Project) -> None:
    lab.files({".env": "A=1\nB=1\nC=1\n", ".env.prod": "B=2\nC=2\n"})
    lab.write("config.yml", "deployed_services: []\nsaid: '${A} ${B} ${C}'\n")
    assert lab.config(C="3").values["said"] == "1 1 3"
    assert lab.config("config.prod.yml", C="3").values["said"] == "1 2 3"


def test_messages_name_the_file_that_belongs_to_the_environment(lab: Project) -> None:
    lab.write("config.yml", "deployed_services: []\nsaid: ${A}\nmust: ${B:?}\n")
    with lab.refuses(ConfigError) as refusal:
        lab.config("config.prod.yml")
    assert f"Set B in the environment or in {lab.root}/.env.prod." in refusal.text


def test_explain_tells_which_file_of_variables_it_was(lab: Project) -> None:
    lab.files({".env": "A=1\nB=1\n", ".env.prod": "# ours\nB=2\n"})
    lab.write("config.yml", "deployed_services: []\na: ${A}\nb: ${B}\n")
    places = {
        key: str(verbs.explain("config.prod.yml", key).variables[0].where) for key in ("a", "b")
    }
    assert places == {"a": ".env:1", "b": ".env.prod:2"}


def test_secrets_of_its_own_file_are_looked_for_in_what_is_built(lab: Project) -> None:
    lab.write(".env.prod", "API_TOKEN=correct-horse-battery\n")
    lab.write("services/framework/web/page.txt", "correct-horse-battery\n")
    building.build()
    with lab.refuses(BuildError, written=True) as refusal:
        building.build("config.prod.yml")
    assert "API_TOKEN" in refusal.text


def test_its_own_file_of_variables_is_included_by_no_template(lab: Project) -> None:
    lab.write("secrets/prod", "A=1\n")
    (lab.root / ".env.prod").symlink_to("secrets/prod")
    lab.write("services/framework/web/page.txt.j2", "{% include 'secrets/prod' %}")
    with lab.refuses(written=True) as refusal:
        building.build("config.prod.yml")
    assert "is private, and never included" in refusal.text


# --- config.local.yml -----------------------------------------------------------------------------


def test_what_belongs_to_one_host_is_laid_over_everything(lab: Project) -> None:
    lab.write("config.local.yml", "import: machine.yml\ngreeting: moin\n")
    lab.write("machine.yml", "greeting: servus\ndevice: /dev/one\n")
    for name in ("config.yml", "config.prod.yml"):
        config = lab.config(name)
        assert config.values["greeting"] == "moin"
        assert config.values["device"] == "/dev/one"
        assert str(config.origin("greeting")) == "config.local.yml:2:11"


def test_it_may_say_what_is_deployed(lab: Project) -> None:
    lab.write("config.local.yml", "deployed_services: {remove: [web]}\n")
    assert lab.config().values["deployed_services"] == []


def test_mistakes_in_it_are_told_with_its_lines(lab: Project) -> None:
    lab.write("config.local.yml", "build_dir: [1]\n")
    with lab.refuses(ConfigError) as refusal:
        lab.config("config.prod.yml")
    assert refusal.messages[0].startswith("config.local.yml:1:12: ")


def test_a_link_that_leads_nowhere_is_told(lab: Project) -> None:
    (lab.root / "config.local.yml").symlink_to("/nowhere")
    with lab.refuses(ConfigError) as refusal:
        lab.config()
    assert refusal.messages[0].startswith("config.local.yml: ")


def test_it_cannot_import_what_it_is_laid_over(lab: Project) -> None:
    lab.write("config.local.yml", "import: config.yml\n")
    with lab.refuses(ConfigError) as refusal:
        lab.config("config.prod.yml")
    assert "The imports form a cycle: config.yml -> config.prod.yml -> config.local.yml" in (
        refusal.text
    )


def test_a_cycle_names_each_file_once(lab: Project) -> None:
    lab.write("config.local.yml", "import: config.yml\n")
    with lab.refuses(ConfigError) as refusal:
        lab.config()
    assert "cycle: config.yml -> config.local.yml -> config.yml." in refusal.text


def test_it_is_no_configuration_of_its_own(lab: Project) -> None:
    lab.write("config.local.yml", PROD)
    with lab.refuses(ConfigError) as refusal:
        lab.config("config.local.yml")
    assert "This file belongs to one host: it is laid over config.yml" in refusal.text


def test_explain_says_how_it_came_to_be_read(
    lab: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    lab.write("config.local.yml", "greeting: moin\n")
    assert outcome("explain", "greeting", "--env", "prod") == 0
    out = capfd.readouterr().out
    assert "config.prod.yml has beside it config.local.yml" in out
    assert "good day of config.prod.yml:2:11" in out
    assert "hello of config.yml" in out


# --- the host's name ------------------------------------------------------------------------------


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> str:
    """What this machine is called, for a test."""
    _called(monkeypatch, "lab7.example.org")
    return "lab7"


def _called(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((real[0], name, *real[2:])))


def test_a_host_has_a_file_of_its_own(project: Project, host: str) -> None:
    project.files({"config.yml": "import: hosts/${HOST}.yml\n", f"hosts/{host}.yml": "a: 7\n"})
    project.write("hosts/other.yml", "a: 8\n")
    assert project.config().values["a"] == 7
    assert project.config(HOST="other").values["a"] == 8
    project.write(".env", "HOST=other\n")
    assert project.config().values["a"] == 8


def test_only_a_plain_reference_means_this_host(project: Project, host: str) -> None:
    project.write("config.yml", "a: ${HOST}\nb: ${HOST:-0.0.0.0}\nc: ${HOST:+x}\n")
    values = project.config().values
    assert (values["a"], values["b"], values["c"]) == (host, "0.0.0.0", "")
    told = verbs.explain(None, "a").variables[0]
    assert (told.source, told.value) == ("host", host)


def test_a_host_without_a_file_is_told_which_are_there(project: Project, host: str) -> None:
    project.files({"config.yml": "import: hosts/${HOST}.yml\n", "hosts/lab8.yml": "a: 8\n"})
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert f"'hosts/{host}.yml' does not exist" in refusal.text
    assert "lab8.yml" in refusal.text


# --- a warm build sees all of it ------------------------------------------------------------------


def rebuilt(project: Project) -> bool:
    """Whether the next build of the environment finds anything to do."""
    return bool(again.build_again(project.root / "config.prod.yml", dict(os.environ)).plan.pending)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("config.yml", None),
        ("config.prod.yml", f"{PROD}greeting: good evening\n"),
        ("config.local.yml", "greeting: moin\n"),
        (".env.prod", "WORD=two\n"),
        (".env", "WORD=two\n"),
    ],
)
def test_a_change_of_any_file_of_the_environment_is_seen(
    lab: Project, path: str, text: str | None
) -> None:
    lab.write("config.prod.yml", f"{PROD}greeting: ${{WORD:-one}}\n")
    rebuilt(lab)
    assert not rebuilt(lab)
    if text is None:
        lab.deploy(template=GREETING, more={"greeting": "hello", "more": 1})
    else:
        lab.write(path, text)
    assert rebuilt(lab)


def test_the_same_disk_on_another_host_is_built_anew(
    lab: Project, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.write("config.prod.yml", f"{PROD}greeting: ${{HOST}}\n")
    assert rebuilt(lab)
    assert not rebuilt(lab)
    assert host in compose_file(lab, "build-prod")
    _called(monkeypatch, "lab8")
    assert rebuilt(lab)
    assert "lab8" in compose_file(lab, "build-prod")


def test_a_flattened_configuration_is_that_of_the_environment(lab: Project) -> None:
    building.build("config.prod.yml")
    flat = load(lab.root / "build-prod/services/framework/web/config.yml", {})
    prod = lab.config("config.prod.yml")
    assert flat.values["greeting"] == prod.values["greeting"]
    assert flat.project_name == prod.project_name == "lab-prod"
    assert flat.env is None


# --- credentials ----------------------------------------------------------------------------------


def test_credentials_of_the_common_file_are_not_those_of_an_environment(project: Project) -> None:
    """A service declares them, so each stack has its own; other variables count everywhere."""
    project.deploy(credentials=["WEB_PASSWORD"])
    project.write("config.prod.yml", PROD)
    project.write(".env", "WEB_PASSWORD=of-the-base-stack\nAPI_KEY=the-same-everywhere\n")
    assert project.config().environment.get("WEB_PASSWORD") == "of-the-base-stack"
    prod = project.config("config.prod.yml").environment
    assert (prod.get("WEB_PASSWORD"), prod.get("API_KEY")) == (None, "the-same-everywhere")
    project.write(".env.prod", "WEB_PASSWORD=of-prod-alone\n")
    assert project.config("config.prod.yml").environment.get("WEB_PASSWORD") == "of-prod-alone"
    own = project.config("config.prod.yml", WEB_PASSWORD="of-the-shell").environment
    assert own.get("WEB_PASSWORD") == "of-the-shell"
