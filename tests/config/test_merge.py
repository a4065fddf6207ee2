"""Imports, deep merge, and the two keys with rules of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from container_manager.errors import ConfigError

if TYPE_CHECKING:
    from tests.conftest import Project


def values(project: Project, **environ: str) -> Any:
    loaded = dict(project.config(**environ).values)
    del loaded["project_root"]
    loaded.pop("project_name", None)
    return loaded


# --- what was replaced ----------------------------------------------------------------------------


def test_every_value_that_was_replaced_is_remembered_however_many_there_are(
    project: Project,
) -> None:
    """Also those that an imported file has replaced itself, before somebody else is below it."""
    project.files({f"parts/{number:04}.yml": f"x: {number}\n" for number in range(1200)})
    project.write("all.yml", "import: parts/*.yml\n")
    project.write("config.yml", "import: [first.yml, all.yml]\nx: last\n")
    project.write("first.yml", "x: first\n")
    node = project.config().tree.find(("x",))
    found = []
    while node is not None:
        found.append(node.value)
        node = node.replaced
    assert found == ["last", *reversed(range(1200)), "first"]


# --- import ---------------------------------------------------------------------------------------


def test_a_path_a_list_a_glob_and_a_variable(project: Project) -> None:
    project.files(
        {
            "config.yml": "import: [one.yml, 'parts/*.yml', 'hosts/${HOST}.yml']\n",
            "one.yml": "a: 1\n",
            "parts/b.yml": "b: 2\n",
            "parts/c.yml": "c: 3\n",
            "parts/not.txt": "d: 4\n",
            "hosts/lab.yml": "host: lab\n",
        }
    )
    assert values(project, HOST="lab") == {"a": 1, "b": 2, "c": 3, "host": "lab"}
    project.write("config.yml", "import: one.yml\n")
    assert values(project) == {"a": 1}


def test_the_variable_of_an_import_may_come_from_dotenv(project: Project) -> None:
    project.files(
        {
            ".env": "SITE=lab\n",
            "config.yml": "import: 'hosts/${SITE}.yml'\n",
            "hosts/lab.yml": "host: lab\n",
        }
    )
    assert values(project) == {"host": "lab"}


def test_an_import_must_not_reveal_a_secret(project: Project) -> None:
    project.files(
        {".env": "DB_PASSWORD=hunter2hunter2\n", "config.yml": "import: '${DB_PASSWORD}.yml'\n"}
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == [
        "config.yml:1:9: The import would reveal the secret variable DB_PASSWORD."
    ]


def test_imports_are_relative_to_the_file_that_says_them(project: Project) -> None:
    project.files(
        {
            "config.yml": "import: conf/base.yml\n",
            "conf/base.yml": "import: [deeper/more.yml, ../side.yml]\nbase: 1\n",
            "conf/deeper/more.yml": "import: '*.part'\nmore: 2\n",
            "conf/deeper/x.part": "part: 3\n",
            "side.yml": "side: 4\n",
        }
    )
    assert values(project) == {"base": 1, "more": 2, "part": 3, "side": 4}


def test_an_absolute_import(project: Project) -> None:
    outside = project.root.parent / "outside.yml"
    outside.write_text("outside: true\n")
    project.write("config.yml", f"import: {outside}\n")
    assert values(project) == {"outside": True}


def test_the_importing_file_wins_and_of_two_imports_the_later(project: Project) -> None:
    project.files(
        {
            "config.yml": "import: [one.yml, two.yml]\na: own\n",
            "one.yml": "a: one\nb: one\nc: one\n",
            "two.yml": "a: two\nb: two\n",
        }
    )
    assert values(project) == {"a": "own", "b": "two", "c": "one"}


def test_the_matches_of_a_glob_are_sorted(project: Project) -> None:
    for name in ("b", "c", "a", "B"):
        project.write(f"parts/{name}.yml", f"last: {name}\n{name}: 1\n")
    project.write("config.yml", "import: parts/*.yml\n")
    assert values(project)["last"] == "c"
    assert list(values(project)) == ["last", "B", "a", "b", "c"]


def test_a_glob_without_a_match_is_fine(project: Project) -> None:
    project.write("config.yml", "import: ['parts/*.yml', 'x[0-9].yml', '**/nothing.yml']\na: 1\n")
    assert values(project) == {"a": 1}


def test_a_diamond_is_no_cycle(project: Project) -> None:
    project.files(
        {
            "config.yml": "import: [left.yml, right.yml]\n",
            "left.yml": "import: base.yml\na: left\n",
            "right.yml": "import: base.yml\n",
            "base.yml": "a: base\nb: base\n",
        }
    )
    assert values(project) == {"a": "base", "b": "base"}


def test_a_missing_import_is_told_with_what_is_near(project: Project) -> None:
    project.files({"config.yml": "a: 1\nimport:\n  - bas.yml\n  - far/away.yml\n", "base.yml": ""})
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "config.yml:3:5: The imported file 'bas.yml' does not exist.\n"
        "  Did you mean 'base.yml'?\n"
        "config.yml:4:5: The imported file 'far/away.yml' does not exist.\n"
        f"  It is looked for beside the importing file, in {project.root}."
    )


def test_a_cycle_shows_its_chain(project: Project) -> None:
    project.files(
        {
            "config.yml": "import: conf/a.yml\n",
            "conf/a.yml": "import: b.yml\n",
            "conf/b.yml": "x: 1\nimport: [../conf/a.yml]\n",
        }
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "conf/b.yml:2:10: The imports form a cycle: "
        "conf/a.yml -> conf/b.yml -> conf/a.yml.\n"
        "  Remove one of them."
    )


def test_a_file_that_imports_itself(project: Project) -> None:
    project.write("config.yml", "import: [config.yml, './*.yml']\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    cycle = "The imports form a cycle: config.yml -> config.yml."
    assert refusal.messages == [f"config.yml:1:10: {cycle}", f"config.yml:1:22: {cycle}"]


def test_a_cycle_through_a_symlink(project: Project) -> None:
    project.write("config.yml", "import: link.yml\n")
    (project.root / "link.yml").symlink_to("config.yml")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert "config.yml -> config.yml" in refusal.text


def test_a_chain_without_end(project: Project) -> None:
    for number in range(1_200):
        project.write(f"{number}.yml", f"import: {number + 1}.yml\n")
    project.write("config.yml", "import: 0.yml\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == "config.yml: The imports are nested too deeply."


def test_the_import_of_a_directory(project: Project) -> None:
    project.files({"config.yml": "import: parts/\n", "parts/a.yml": "a: 1\n"})
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "config.yml:1:9: The import 'parts/' is a directory.\n  Write 'parts/*.yml'."
    )


@pytest.mark.parametrize("value", ["1", "{a: b}", "[[a]]", "['']", "[null]", "true"])
def test_an_import_that_is_no_path(project: Project, value: str) -> None:
    project.write("config.yml", f"import: {value}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages[0].startswith("config.yml:1:")
    assert "'import' takes a path or a list of paths." in refusal.messages[0]


@pytest.mark.parametrize("value", ['"a\\0b"', "x" * 300])
def test_an_import_that_no_file_can_be(project: Project, value: str) -> None:
    project.write("config.yml", f"import: {value}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages[0].startswith("config.yml:1:9: The imported file ")
    assert refusal.messages[0].endswith(" does not exist.")


def test_a_glob_that_no_file_can_match(project: Project) -> None:
    project.write("config.yml", f"import: '{'x' * 300}*'\na: 1\n")
    assert values(project) == {"a": 1}


def test_a_glob_that_cannot_be_one_is_told(project: Project) -> None:
    project.write("config.yml", 'import: "a\\0b/*"\na: 1\n')
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages[0].startswith(
        "config.yml:1:9: The pattern 'a\\x00b/*' cannot be used: "
    )


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("${SITE}", "The import needs the variable SITE, which is not set."),
        ("${HOST:?which machine}", "The variable HOST is required and not set: which machine."),
        ("${HOST", "'${HOST.yml' is not closed by '}'."),
    ],
)
def test_an_import_whose_variable_is_missing(
    project: Project, reference: str, message: str
) -> None:
    project.write("config.yml", f"import: '{reference}.yml'\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == [f"config.yml:1:9: {message}"]


def test_the_problems_of_all_files_are_told_at_once(project: Project) -> None:
    project.files(
        {
            "config.yml": "import: [a.yml, b.yml, c.yml, d.yml]\n",
            "a.yml": "x: no\n",
            "b.yml": "- a list\n",
            "c.yml": "x: [\n",
            "d.yml": "1: x\n",
        }
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert [message.partition(":")[0] for message in refusal.messages] == [
        "a.yml", "b.yml", "c.yml", "d.yml",
    ]  # fmt: skip
    assert "b.yml:1:1: The configuration must be a mapping of keys to values." in refusal.messages
    assert "d.yml:1:4: The key 1 must be text." in refusal.messages


def test_an_empty_import_is_fine(project: Project) -> None:
    project.files({"config.yml": "import: empty.yml\na: 1\n", "empty.yml": "# later\n"})
    assert values(project) == {"a": 1}
    project.write("config.yml", "import:\na: 1\n")
    assert values(project) == {"a": 1}


# --- merge ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ("{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}", {"a": {"b": 1, "c": 3, "d": 4}}),
        ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
        ("{a: [1, 2]}", "{a: []}", {"a": []}),
        ("{a: 1}", "{a: {b: 2}}", {"a": {"b": 2}}),
        ("{a: {b: 2}}", "{a: 1}", {"a": 1}),
        ("{a: null}", "{a: {b: 2}}", {"a": {"b": 2}}),
        ("{a: {b: 2}}", "{a: null}", {"a": None}),
        ("{a: {}}", "{b: 1}", {"a": {}, "b": 1}),
        ("{a: {1: x, '1': y}}", "{a: {1: z}}", {"a": {1: "z", "1": "y"}}),
    ],
)
def test_deep_merge(project: Project, base: str, over: str, result: object) -> None:
    project.files({"base.yml": base, "config.yml": f"import: base.yml\n{over[1:-1]}\n"})
    assert values(project) == result


# --- deployed_services ----------------------------------------------------------------------------

SERVICES = "framework: {services: {a: {path: a}, b: {path: b}, c-d: {path: c}}}\n"


def deployed(project: Project, base: str | None, over: str | None) -> Any:
    """What is deployed when ``over`` imports ``base``; None leaves the key out."""
    lines = {name: f"deployed_services: {text}\n" for name, text in (("b", base), ("o", over))
             if text is not None}  # fmt: skip
    project.write("base.yml", SERVICES + lines.get("b", ""))
    project.write("config.yml", "import: base.yml\n" + lines.get("o", ""))
    return project.config().values.get("deployed_services")


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ("[a]", "[b]", ["b"]),
        ("[a]", None, ["a"]),
        ("[a]", "", ["a"]),
        ("[a]", "null", ["a"]),
        ("[a]", "[]", []),
        (None, None, None),
        ("null", "null", None),
        ("[a]", "{add: [b]}", ["a", "b"]),
        ("[a]", "{add: [a]}", ["a"]),
        ("[a, b]", "{remove: [a]}", ["b"]),
        ("[a, b]", "{remove: [c]}", ["a", "b"]),
        ("[a, c-d]", "{remove: [framework.c_d], add: [b]}", ["a", "b"]),
        ("[framework.a]", "{add: [a]}", ["framework.a"]),
        (None, "{add: [b]}", ["b"]),
        ("{add: [b]}", "[a]", ["a", "b"]),
        ("{add: [b]}", "[]", ["b"]),
        ("{remove: [a]}", "[a, b]", ["b"]),
        ("{add: [a]}", "{remove: [a]}", []),
        ("{remove: [a]}", "{add: [a]}", ["a"]),
        ("[a]", "{add: }", ["a"]),
    ],
)
def test_what_is_deployed(
    project: Project, base: str | None, over: str | None, result: list[str] | None
) -> None:
    assert deployed(project, base, over) == result


def test_the_fragments_of_services_deploy_them(project: Project) -> None:
    for name in ("one", "two"):
        project.write(
            f"services/{name}/service.yml",
            f"""
            framework: {{services: {{{name}: {{path: services/{name}}}}}}}
            deployed_services: {{add: [{name}]}}
            """,
        )
    project.write(
        "config.yml", "import: services/*/service.yml\ndeployed_services: {remove: [two]}"
    )
    assert project.config().values["deployed_services"] == ["one"]


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        (
            "jupyter",
            "config.yml:1:20: 'deployed_services' must be a list of service names.",
            "Write it as a list: deployed_services: [jupyter]",
        ),
        (
            "true",
            "config.yml:1:20: 'deployed_services' must be a list of service names.",
            "Write it as a list: deployed_services: [True]",
        ),
        ("[a, 1]", "config.yml:1:24: A service's name must be text, not 1.", None),
        ("[null]", "config.yml:1:21: A service's name must be text, not null.", None),
        ("['']", "config.yml:1:21: A service's name must be text, not ''.", None),
        ("[[a]]", "config.yml:1:21: A service's name must be text, not ['a'].", None),
        ("[a: b]", "config.yml:1:21: A service's name must be text, not {'a': 'b'}.", None),
        (
            "{ad: [a]}",
            "config.yml:1:25: 'deployed_services' has no part 'ad'; it has 'add' and 'remove'.",
            "Did you mean 'add'?",
        ),
        ("{add: a}", "config.yml:1:26: This must be a list of service names.", None),
        ("{remove: [1]}", "config.yml:1:30: A service's name must be text, not 1.", None),
        (
            "[a, b, framework.a]",
            "config.yml:1:27: The service 'framework.a' is listed twice in 'deployed_services'.",
            "It is listed first at config.yml:1:21.",
        ),
        (
            "[c-d, c_d]",
            "config.yml:1:26: The service 'c_d' is listed twice in 'deployed_services'.",
            "It is listed first at config.yml:1:21.",
        ),
    ],
)
def test_a_list_that_is_none(project: Project, text: str, message: str, remedy: str | None) -> None:
    project.write("config.yml", f"deployed_services: {text}\n{SERVICES}")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == [message]
    if remedy:
        assert refusal.remedies == [remedy]


# --- applications ---------------------------------------------------------------------------------


def test_applications_as_a_list_are_loaded_by_convention(project: Project) -> None:
    project.files(
        {
            "config.yml": "applications: [als, bare]\nimport: base.yml\n",
            "base.yml": "title: x\n",
            "src/applications/als/config.yml": "import: more.yml\nservices: {m: {path: p}}\n",
            "src/applications/als/more.yml": "more: 1\n",
        }
    )
    assert values(project) == {
        "title": "x",
        "applications": {"als": {"more": 1, "services": {"m": {"path": "p"}}}, "bare": {}},
    }
    origin = project.config().origin("applications.als.services.m.path")
    assert str(origin) == "src/applications/als/config.yml:2:22"


def test_applications_as_a_list_are_looked_for_in_the_project(project: Project) -> None:
    """Whichever imported file says it: only ``import`` is relative to its own file."""
    project.files(
        {
            "config.yml": "import: conf/base.yml\n",
            "conf/base.yml": "applications: [als]\n",
            "src/applications/als/config.yml": "a: 1\n",
        }
    )
    assert values(project)["applications"] == {"als": {"a": 1}}


def test_applications_as_a_mapping_are_used_as_they_are(project: Project) -> None:
    project.files(
        {
            "config.yml": "applications: {als: {a: 1}}\n",
            "src/applications/als/config.yml": "b: 2\n",
        }
    )
    assert values(project)["applications"] == {"als": {"a": 1}}


@pytest.mark.parametrize("name", ["1", "null", "''", "a/b", "..", ".", "[a]"])
def test_applications_that_are_no_names(project: Project, name: str) -> None:
    project.write("config.yml", f"applications: [{name}]\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == ["config.yml:1:16: 'applications' as a list takes names of folders."]


def test_an_application_with_a_name_that_no_file_can_have(project: Project) -> None:
    project.write("config.yml", f'applications: [{"x" * 300}, "a\\0b"]\n')
    assert values(project)["applications"] == {"x" * 300: {}, "a\0b": {}}


def test_an_application_that_lists_itself(project: Project) -> None:
    project.files(
        {
            "config.yml": "applications: [als]\n",
            "src/applications/als/config.yml": "applications: [als]\n",
        }
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    path = "src/applications/als/config.yml"
    assert refusal.messages == [f"{path}:1:16: The imports form a cycle: {path} -> {path}."]


def test_a_broken_application_is_told_with_its_file(project: Project) -> None:
    project.files(
        {"config.yml": "applications: [als]\n", "src/applications/als/config.yml": "a: no\n"}
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages[0].startswith("src/applications/als/config.yml:1:4: A bare 'no'")


def test_an_application_can_deploy_its_own_services(project: Project) -> None:
    project.write("config.yml", "deployed_services: [web]\napplications: [lab]\n")
    project.write(
        "src/applications/lab/config.yml",
        "deployed_services: {add: [applications.lab.db]}\nservices: {db: {path: services/db}}\n",
    )
    assert project.config().values["deployed_services"] == ["web", "applications.lab.db"]


def test_an_application_does_not_decide_for_the_others(project: Project) -> None:
    project.write("config.yml", "deployed_services: [web]\napplications: [lab]\n")
    project.write("src/applications/lab/config.yml", "deployed_services: [db]\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.remedies == ["Write deployed_services: {add: [...]}."]
