"""``explain KEY``: a value with all that made it what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from container_manager import verbs
from container_manager.errors import ConfigError, UsageError
from container_manager.explaining import Explanation

if TYPE_CHECKING:
    from tests.conftest import Project


@pytest.fixture
def lab(project: Project) -> Project:
    """A project of several files that say the same things differently."""
    project.files(
        {
            "config.yml": """
                import: [base.yml, conf/*.yml]
                deployed_services: {remove: [db]}
                framework:
                  services:
                    web: {port_host: "${WEB_PORT:-8085}", motto: plain}
                """,
            "base.yml": """
                import: oldest.yml
                deployed_services: [web, db]
                framework:
                  services:
                    web: {path: services/web, port_host: 8081, motto: first}
                    db: {path: services/db}
                """,
            "oldest.yml": """
                deployed_services: [cache]
                framework: {services: {web: {port_host: 8080}}}
                """,
            "conf/more.yml": """
                deployed_services: {add: [open-webui]}
                framework: {services: {open_webui: {path: services/ui, "a.b": [x, y]}}}
                """,
        }
    )
    return project


def places(told: Explanation) -> list[str]:
    return [f"{one.value} at {one.where}" for one in told.replaced]


def test_value_place_imports_variable_and_what_it_overrode(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.write(".env", "OTHER=1\nWEB_PORT=9000\n")
    told = verbs.explain(None, "framework.services.web.port_host")
    assert (told.value, told.written) == ("9000", "${WEB_PORT:-8085}")
    assert str(told.where) == "config.yml:5:22"
    assert places(told) == ["8081 at base.yml:5:42", "8080 at oldest.yml:2:41"]
    (one,) = told.variables
    assert (one.source, str(one.where), one.value) == (".env", ".env:2", "9000")

    monkeypatch.setenv("WEB_PORT", "7000")
    (one,) = verbs.explain(None, "web.port_host").variables
    assert (one.source, one.value, str(one.overridden)) == ("environment", "7000", ".env:2")

    monkeypatch.setenv("WEB_PORT", "")
    (one,) = verbs.explain(None, "web.port_host").variables
    assert (one.source, one.value) == ("default", None)


def test_the_chain_of_imports_has_the_line_of_each(lab: Project) -> None:
    told = verbs.explain(None, "db.path")
    assert [(str(step.where), step.file.name) for step in told.imports] == [
        ("config.yml:1:10", "base.yml")
    ]
    lab.write("other.yml", "import: config.yml\n")
    told = verbs.explain("other.yml", "open_webui.path")
    assert [(str(step.where), step.file.name, step.how) for step in told.imports] == [
        ("other.yml:1:9", "config.yml", "import"),
        ("config.yml:1:20", "more.yml", "import"),
    ]


def test_deployed_services_are_gathered(lab: Project) -> None:
    told = verbs.explain(None, "deployed_services")
    assert [leaf.value for leaf in told.leaves] == ["web", "open-webui"]
    assert [(edit.action, edit.names, str(edit.where)) for edit in told.edits] == [
        ("replaced", ("cache",), "oldest.yml:1:20"),
        ("list", ("web", "db"), "base.yml:2:20"),
        ("add", ("open-webui",), "conf/more.yml:1:27"),
        ("remove", ("db",), "config.yml:2:30"),
    ]


def test_every_list_that_was_replaced_is_told_the_first_one_first(lab: Project) -> None:
    lab.write("top.yml", "import: config.yml\ndeployed_services: [db]\n")
    told = verbs.explain("top.yml", "deployed_services")
    assert [(edit.action, edit.names) for edit in told.edits if edit.names != ("open-webui",)] == [
        ("replaced", ("cache",)),
        ("replaced", ("web", "db")),
        ("list", ("db",)),
        ("remove", ("db",)),
    ]


def test_what_several_import_is_told_once(lab: Project) -> None:
    lab.write("left.yml", "import: [base.yml, conf/more.yml]\n")
    lab.write(
        "right.yml", "import: [left.yml, config.yml]\nframework: {services: {web: {motto: m}}}"
    )
    told = verbs.explain("right.yml", "deployed_services")
    assert [(edit.action, str(edit.where)) for edit in told.edits] == [
        ("replaced", "oldest.yml:1:20"),
        ("list", "base.yml:2:20"),
        ("add", "conf/more.yml:1:27"),
        ("remove", "config.yml:2:30"),
    ]
    assert places(verbs.explain("right.yml", "web.motto")) == [
        "plain at config.yml:5:50",
        "first at base.yml:5:55",
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("web", "framework.services.web"),
        ("framework.web.motto", "framework.services.web.motto"),
        ("framework.services.open-webui.path", "framework.services.open_webui.path"),
        ("open-webui.a.b[1]", "framework.services.open_webui.a.b.1"),
        ("web.copy-src", "framework.services.web.copy_src"),
        ("build-dir", "build_dir"),
    ],
)
def test_forms_of_a_key(lab: Project, typed: str, meant: str) -> None:
    assert verbs.explain(None, typed).key == meant


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("framework.services.web.port_hots", "Did you mean 'framework.services.web.port_host'?"),
        ("framework.services.wob", "Did you mean 'framework.services.web'?"),
        ("framework.port_host", "Did you mean 'framework.services.web.port_host'?"),
        ("buildd_dir", "Did you mean 'build_dir'?"),
        ("web.nothing_like_it", "It has port_host, path, motto."),
        ("framework.services.web.path.deeper", "'framework.services.web.path' is there"),
        ("", "No key is named"),
    ],
)
def test_a_key_that_is_not_there(lab: Project, typed: str, said: str) -> None:
    with lab.refuses(UsageError) as refusal:
        verbs.explain(None, typed)
    assert said in refusal.text


def test_a_mapping_is_a_table_of_its_values(lab: Project) -> None:
    told = verbs.explain(None, "framework.services.web")
    assert [(leaf.key.rpartition(".")[2], leaf.value, str(leaf.where)) for leaf in told.leaves] == [
        ("port_host", "8085", "config.yml:5:22"),
        ("path", "services/web", "base.yml:5:17"),
        ("motto", "plain", "config.yml:5:50"),
    ]


def test_what_nobody_wrote_says_which_rule_gives_it(lab: Project) -> None:
    told = verbs.explain(None, "project_name")
    assert (told.value, told.where) == ("lab", None)
    assert told.rule == f"the name of the project's folder, {lab.root}"
    assert verbs.explain(None, "build_dir").value == "./build"
    told = verbs.explain(None, "web.start_timeout")
    assert (told.value, told.meaning) == (120.0, "seconds to become ready")


def test_null_and_empty_values_and_imports_are_told_as_what_they_are(lab: Project) -> None:
    lab.write("more.yml", "import: config.yml\nmine: null\nkeep_builds: null\nnone: []\n")
    told = verbs.explain("more.yml", "mine")
    assert (told.value, told.rule, str(told.where)) == (None, None, "more.yml:2:7")
    told = verbs.explain("more.yml", "keep_builds")
    assert (told.value, told.written, told.rule) == (3, "null", "the default")
    assert verbs.explain("more.yml", "none").leaves == ()
    told = verbs.explain("more.yml", "import")
    assert [(leaf.value, str(leaf.where)) for leaf in told.leaves] == [
        ("config.yml", "more.yml:1:9"),
        ("base.yml", "config.yml:1:10"),
        ("oldest.yml", "base.yml:1:9"),
        ("conf/more.yml", "config.yml:1:20"),
    ]


def test_it_works_although_other_keys_are_wrong(
    lab: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.write("conf/wrong.yml", "keep_builds: many\nx: '${NEEDED:?say it}'\n")
    assert verbs.explain(None, "web.motto").value == "plain"
    warned = capsys.readouterr().err
    assert "'keep_builds' must be a whole number" in warned
    assert "The variable NEEDED is required" in warned


def test_what_cannot_be_read_cannot_be_explained(lab: Project) -> None:
    lab.write("conf/wrong.yml", "a: [\n")
    with lab.refuses(ConfigError) as refusal:
        verbs.explain(None, "web.motto")
    assert "This is not valid YAML" in refusal.text


SECRET = "hunter2-and-more"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"api_token: {SECRET}", "api_token"),
        (f"passwd: {{admin: {SECRET}}}", "passwd.admin"),
        (f"url: 'postgres://app:{SECRET}@db/x'", "url"),
        (f"args: ['--password={SECRET}']", "args.0"),
        (f"args: 'run --password {SECRET}'", "args"),
        (f"header: 'Authorization: Bearer {SECRET}'", "header"),
        (f"a: '${{DB_PASSWORD:-{SECRET}}}'", "a"),
        (f"a: '${{HOST:-${{DB_PASSWORD:-{SECRET}}}}}'", "a"),
        ("a: '${URL}'", "a"),
        ("a: '${PLAIN}'\nsecrets: [PLAIN]", "a"),
        ("a: '${OPTIONS}'", "a"),
        (f"a: '${{DB_PASSWORD:-{SECRET}'", "a"),
        ("api_key: '${PUBLIC}'", "api_key"),
        (f"a: 'x {SECRET} y ${{REAL_TOKEN}}'", "a"),
        (f"framework: {{services: {{token: {{path: x, more: {{pwd_x: {SECRET}}}}}}}}}", "token"),
    ],
)
def test_no_value_of_a_secret_is_shown(
    lab: Project, text: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not as a value, as text, of a variable, or among what was overridden."""
    from container_manager.report.looking import show_explanation

    lab.write(
        ".env",
        f"URL=https://u:{SECRET}@host/\nPLAIN={SECRET}\nPUBLIC={SECRET}\nREAL_TOKEN={SECRET}\n"
        f"OPTIONS='--verbose --password={SECRET}'\n",
    )
    lab.write("secret.yml", "import: base.yml\n" + text + "\n")
    lab.write("above.yml", f"import: secret.yml\n{key.partition('.')[0]}: other\n")
    for config, asked in (("secret.yml", key), ("above.yml", key.partition(".")[0])):
        if (config, key) == ("above.yml", "token"):
            continue
        for json in (False, True):
            show_explanation(verbs.explain(config, asked), json=json)
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert key.partition(".")[0] in printed.out


def test_references_to_secrets_are_shown_as_they_are_written(lab: Project) -> None:
    lab.write(
        "secret.yml", "import: base.yml\na: 'mongodb://app:${DB_PASSWORD}@mongo'\nmax_tokens: 5"
    )
    told = verbs.explain("secret.yml", "a")
    assert (told.value, told.hidden) == ("mongodb://app:${DB_PASSWORD}@mongo", False)
    (one,) = told.variables
    assert (one.name, one.secret, one.source) == ("DB_PASSWORD", True, "unset")
    assert verbs.explain("secret.yml", "max_tokens").value == 5


def test_a_key_that_is_not_there_of_what_several_files_say(lab: Project) -> None:
    """The place of the mapping is one of many, and it would seem to be the only one."""
    with pytest.raises(UsageError) as caught:
        verbs.explain(None, "framework.nothing")
    told = str(caught.value)
    assert told.startswith(
        "There is no key 'framework.nothing': 4 files say something of 'framework', none of them "
        "'nothing'.\n  It has services. The files: "
    )
    assert sorted(told.partition("The files: ")[2].rstrip(".").split(", ")) == [
        "base.yml",
        "conf/more.yml",
        "config.yml",
        "oldest.yml",
    ]


def test_many_files_are_counted(lab: Project) -> None:
    for number in range(4):
        lab.write(f"conf/{number}.yml", f"framework: {{services: {{web: {{key{number}: 1}}}}}}\n")
    with pytest.raises(UsageError, match=r"(?s)7 files say .*, conf/0\.yml and 2 more\.$"):
        verbs.explain(None, "framework.web.nothing")
