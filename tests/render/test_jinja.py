"""The one strict, sandboxed environment: what templates may do, and what mistakes get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from container_manager.errors import RenderError
from container_manager.render import Rendered, Renderer

if TYPE_CHECKING:
    from tests.conftest import Project, Refusal

SECRET = "s3cret-value"
PAGE = "services/web/page.j2"


def renderer(project: Project, config: str, environ: dict[str, str]) -> Renderer:
    project.write("config.yml", config)
    loaded = project.config(**environ)
    return Renderer(loaded.root, loaded.values, loaded.environment)


def rendered(
    project: Project,
    template: str | bytes,
    config: str = "a: 1\n",
    environ: dict[str, str] | None = None,
    *,
    compose: bool = False,
) -> Rendered:
    """Render a template of the service ``web`` with a configuration."""
    path = project.write(PAGE, template)
    ready = renderer(project, config, environ or {})
    return ready.render(path, service_dir=path.parent, compose=compose)


def text(
    project: Project, template: str, config: str = "a: 1\n", environ: dict[str, str] | None = None
) -> str:
    return rendered(project, template, config, environ).text


def refused(
    project: Project,
    template: str | bytes,
    config: str = "a: 1\n",
    environ: dict[str, str] | None = None,
) -> Refusal:
    path = project.write(PAGE, template)
    ready = renderer(project, config, environ or {})
    with project.refuses(RenderError) as refusal:
        ready.render(path, service_dir=path.parent, compose=False)
    return refusal


# --- keys that do not exist -----------------------------------------------------------------------


def test_all_missing_keys_at_once_with_line_key_and_near_match(project: Project) -> None:
    refusal = refused(
        project,
        """
        services:
          web:
            image: {{ imge }}
            ports: ["{{ framework.services.web.prot }}:80"]
            {% for volume in volumes %}
            {{ volume }}
            {% endfor %}
            {% if debug %}x{% endif %}
            user: {{ framework.users.me.id }}
        """,
        "image: x\nframework: {services: {web: {path: p, port: 80}}}\n",
    )
    assert refusal.text == (
        f"{PAGE}:3: 'imge' is not defined in the configuration.\n"
        "  Did you mean 'image'?\n"
        f"{PAGE}:4: 'framework.services.web.prot' is not defined in the configuration.\n"
        "  Did you mean 'port'?\n"
        f"{PAGE}:5: 'volumes' is not defined in the configuration.\n"
        f"{PAGE}:8: 'debug' is not defined in the configuration.\n"
        f"{PAGE}:9: 'framework.users' is not defined in the configuration."
    )


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        # One object wherever they stand: the path would be that of any of them.
        ("web.url.rstrip('/')", "'rstrip' does not exist in this truth value."),
        ("web.empty.x", "'x' does not exist in this empty value."),
        ("web.low.x", "'x' does not exist in this number."),
        ("web.letter.x", "'x' does not exist in this text."),
        # The only one of its value.
        ("web.port.x", "'web.port.x' is not defined in the configuration."),
        ("web.shut.x", "'web.shut.x' is not defined in the configuration."),
        # A mapping or a list is itself.
        ("web.same.x", "'web.same.x' is not defined in the configuration."),
        ("web.list[0].x", "'web.list.0.x' is not defined in the configuration."),
        ("web.list.x", "'web.list.x' is not defined in the configuration."),
    ],
)
def test_a_message_never_names_another_key_than_the_one_that_is_missing(
    project: Project, expression: str, said: str
) -> None:
    refusal = refused(
        project,
        f"a line\n{{{{ {expression} }}}}\n",
        """
        other: {copy: true, nothing: null, low: 1, letter: a, same: {}, words: [true, 1]}
        web: {url: true, empty: null, low: 1, letter: a, same: {}, port: 70000, shut: false,
              list: [{}]}
        """,
    )
    assert refusal.text == f"{PAGE}:2: {said}"


@pytest.mark.parametrize(
    "expression",
    ["missing", "missing.x.y", "missing['x']", "missing()", "missing + 1", "1 - missing",
     "missing ~ 'x'", "'x' ~ missing", "missing == 1", "1 < missing", "not missing",
     "missing and 1", "missing in [1]", "1 in missing", "missing | upper", "missing | int",
     "missing | length", "missing | join(',')", "missing | to_json", "missing | tojson",
     "missing | to_nice_yaml", "[missing] | to_json", "{'a': missing} | to_nice_yaml",
     "[missing] | join", "missing | list", "missing | float", "-missing", "missing ** 2",
     "missing is divisibleby 2", "missing[1:2]", "a if missing else 2", "'%s' % missing",
     "range(missing)", "missing | sort", "missing | default(also_missing)"],
)  # fmt: skip
def test_every_use_of_a_missing_key_is_refused(project: Project, expression: str) -> None:
    refusal = refused(project, "x\n{{ " + expression + " }}\n")
    assert "'missing' is not defined in the configuration." in refusal.messages[0] or (
        "'also_missing' is not defined in the configuration." in refusal.messages[0]
    )
    assert refusal.messages[0].startswith(f"{PAGE}:2: ")


def test_what_asks_whether_a_key_is_there_works(project: Project) -> None:
    template = (
        "{{ missing | default('d') }} {{ a.b | default(1) }} {{ missing is defined }} "
        "{{ a is defined }} {{ missing is undefined }} {{ missing | d('') }}|"
    )
    assert text(project, template, "a: {c: 1}\n") == "d 1 False True True |"


def test_a_missing_key_in_an_included_file_names_that_file(project: Project) -> None:
    project.write("services/web/part.txt", "fine\n{{ mising }}\n")
    refusal = refused(project, "{% include 'part.txt' %}\n", "missing: 1\n")
    assert refusal.text == (
        "services/web/part.txt:2: 'mising' is not defined in the configuration.\n"
        "  Did you mean 'missing'?"
    )


# --- other mistakes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "line", "why"),
    [
        ("a\n{% if x %}\n", 2, "Unexpected end of template"),
        ("a\n\n{{ x | no_such_filter }}\n", 3, "No filter named 'no_such_filter'"),
        ("{% endfor %}", 1, "Encountered unknown tag 'endfor'"),
        ("a\n{{ x y }}\n", 2, "expected token 'end of print statement', got 'y'"),
        ("{{ 'open }}\n", 1, "unexpected char"),
    ],
)
def test_a_syntax_error_is_told_with_its_line(
    project: Project, template: str, line: int, why: str
) -> None:
    (message,) = refused(project, template).messages
    assert message.startswith(f"{PAGE}:{line}: The template's syntax is wrong: ")
    assert why in message


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("1 / 0", "division by zero"),
        ("a + 'x'", "unsupported operand"),
        ("range(10 ** 9)", "Range too big"),
        ("a | round('x', 'y', 'z')", ""),
    ],
)
def test_what_goes_wrong_while_rendering_is_told_with_its_line(
    project: Project, expression: str, why: str
) -> None:
    (message,) = refused(project, "x\n{{ " + expression + " }}\n").messages
    assert message.startswith(f"{PAGE}:2: The template cannot be rendered: ")
    assert why in message


def test_a_template_that_is_not_utf8(project: Project) -> None:
    refusal = refused(project, b"fine\ncaf\xe9\n")
    assert refusal.text == f"{PAGE}:2: The file is not UTF-8 text.\n  Save it as UTF-8."


@pytest.mark.parametrize(
    "expression",
    ["''.__class__", "''.__class__.__mro__", "a.__init__.__globals__",
     "cycler.__init__.__globals__.os", "'{0.__class__}'.format(a)", "(lambda: 1)()"],
)  # fmt: skip
def test_the_sandbox_holds(project: Project, expression: str) -> None:
    refusal = refused(project, "{{ " + expression + " }}")
    assert refusal.messages[0].startswith(f"{PAGE}:")
    assert "class 'str'" not in refusal.text


@pytest.mark.parametrize(
    "statement",
    ["l.append(3)", "l.clear()", "d.update({'x': 1})", "d.pop('k')", "d.setdefault('y', 1)",
     "l.sort()", "d.clear()"],
)  # fmt: skip
def test_a_template_cannot_change_a_value(project: Project, statement: str) -> None:
    config = "l: [2, 1]\nd: {k: v}\n"
    path = project.write(PAGE, "{{ " + statement + " }}")
    ready = renderer(project, config, {})
    with pytest.raises(RenderError):
        ready.render(path, service_dir=path.parent, compose=False)
    other = project.write("services/web/other.j2", "{{ l }} {{ d }}")
    assert ready.render(other, service_dir=path.parent, compose=False).text == ("[2, 1] {'k': 'v'}")


def test_a_value_is_not_rendered_again(project: Project) -> None:
    assert text(project, "{{ a }}", "a: '{{ b }} {% if %}'\n") == "{{ b }} {% if %}"


def test_trailing_newlines_and_unicode_stay(project: Project) -> None:
    assert text(project, "é 日本 {{ a }}\n\n\n") == "é 日本 1\n\n\n"
    assert text(project, "no newline") == "no newline"
    assert text(project, "") == ""


def test_line_ends_are_written_as_lf(project: Project) -> None:
    assert rendered(project, b"a\r\n{{ a }}\r\n").text == "a\n1\n"


# --- include and import ---------------------------------------------------------------------------


def test_includes_are_found_from_the_project_and_from_the_services_folder(
    project: Project,
) -> None:
    project.files(
        {
            "services/shared/head.txt": "head {{ a }}",
            "services/web/own.txt": "own {% include 'deep/more.txt' %}",
            "services/web/deep/more.txt": "more {% include 'services/shared/head.txt' %}",
            "services/web/macros.j2": "{% macro m(x) %}<{{ x }}>{% endmacro %}",
        }
    )
    template = (
        "{% include 'services/shared/head.txt' %} {% include 'own.txt' %} "
        "{% from 'macros.j2' import m %}{{ m(a) }}"
    )
    assert text(project, template) == "head 1 own more head 1 <1>"


def test_the_project_comes_first(project: Project) -> None:
    project.files({"part.txt": "project", "services/web/part.txt": "service"})
    assert text(project, "{% include 'part.txt' %}") == "project"


def test_a_missing_include(project: Project) -> None:
    refusal = refused(project, "x\n{% include 'nowhere.txt' %}\n")
    assert refusal.text == (
        f"{PAGE}:2: The included template 'nowhere.txt' does not exist.\n"
        "  Paths are looked for from the project's folder, then from the service's."
    )
    assert text(project, "{% include 'nowhere.txt' ignore missing %}.") == "."


@pytest.mark.parametrize("way", ["../outside.txt", "{ABSOLUTE}", "services/web/link.txt"])
def test_nothing_outside_of_the_project_is_included(project: Project, way: str) -> None:
    outside = project.root.parent / "outside.txt"
    outside.write_text("a text of somebody else")
    (project.root / "services/web").mkdir(parents=True)
    (project.root / "services/web/link.txt").symlink_to(outside)
    name = way.replace("{ABSOLUTE}", str(outside))
    refusal = refused(project, "{% include '" + name + "' %}\n")
    assert refusal.text == (
        f"{PAGE}:1: The template cannot be rendered: {name!r} leads out of the project."
    )


@pytest.mark.parametrize(
    "name",
    [
        ".env", "./services/../.env", ".env.prod", "{ROOT}/.env", "link.txt", "config/vars",
        ".container-manager/identity.json", "kept.json", "build/services/web/config.yml",
        "backups/2026/data.tar", "folder/identity.json", ".env.link", "\\0template\\0/.env",
    ],
)  # fmt: skip
@pytest.mark.parametrize("statement", ["include '{}'", "import '{}' as m", "extends '{}'"])
def test_nothing_private_is_included(project: Project, name: str, statement: str) -> None:
    private = "A=a-private-text"
    project.files(
        {
            "config/vars": private,
            ".env.prod": private,
            ".container-manager/identity.json": private,
            "build/services/web/config.yml": private,
            "backups/2026/data.tar": private,
            "services/web/plain.txt": "plain",
        }
    )
    for link, target in (
        (".env", "config/vars"),
        ("services/web/link.txt", "../../.env.prod"),
        ("services/web/.env.link", "plain.txt"),
        ("kept.json", ".container-manager/identity.json"),
        ("folder", ".container-manager"),
    ):
        (project.root / link).symlink_to(target)
    name = name.replace("{ROOT}", str(project.root))
    refusal = refused(project, "{% " + statement.format(name) + " %}\n")
    assert refusal.messages[0].startswith(f"{PAGE}:1: The ")
    if "\\0" not in name:
        assert f"{name!r} is private, and never included." in refusal.text
    assert private not in refusal.text


def test_private_files_are_not_taken_for_missing_ones(project: Project) -> None:
    project.write(".env", "A=1\n")
    refusal = refused(project, "{% include ['.env', 'part.txt'] ignore missing %}\n")
    assert "'.env' is private, and never included." in refusal.text


def test_another_build_directory_is_private_too(project: Project) -> None:
    project.files({"out/x.txt": "generated", "build/x.txt": "the user's own"})
    config = "build_dir: ./parts/../out\n"
    refusal = refused(project, "{% include 'out/x.txt' %}\n", config)
    assert "'out/x.txt' is private, and never included." in refusal.text
    assert text(project, "{% include 'build/x.txt' %}", config) == "the user's own"


def test_what_only_looks_private_is_included(project: Project) -> None:
    project.files({".env.example": "A=", "services/web/build/x": "b", "services/web/env.j2": "c"})
    template = "{% include '.env.example' %}{% include 'build/x' %}{% include 'env.j2' %}"
    assert text(project, template) == "A=bc"


def test_a_template_may_be_called_like_an_environment(project: Project) -> None:
    """It is for the service to say what is rendered; only what is included is looked at."""
    path = project.write("services/web/.env.j2", "A={{ a }}\n")
    ready = renderer(project, "a: 1\n", {})
    assert ready.render(path, service_dir=path.parent, compose=False).text == "A=1\n"


@pytest.mark.parametrize("name", ["a\\0b", "x" * 5_000, "", ".", "/", "services"])
def test_includes_that_are_no_file(project: Project, name: str) -> None:
    refusal = refused(project, "{% include '" + name + "' %}\n")
    assert refusal.messages[0].startswith(f"{PAGE}:1: The ")


def test_includes_without_end(project: Project) -> None:
    refusal = refused(project, f"{{% include '{PAGE}' %}}\n")
    assert refusal.messages == [f"{PAGE}:1: The templates include each other without end."]


# --- secrets --------------------------------------------------------------------------------------

KEYS = (
    "key: ${API_KEY}\nurl: mongo://app:${API_KEY}@db/$$x\nlist: [x, '${API_KEY}']\nbare: $API_KEY\n"
)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ key }}", "${API_KEY}"),
        ("{{ url }}", "mongo://app:${API_KEY}@db/$x"),
        ("Bearer {{ key }}!", "Bearer ${API_KEY}!"),
        ("{{ 'Bearer ' ~ key }}", "Bearer ${API_KEY}"),
        ("{{ bare }}x", "${API_KEY}x"),
        ("{{ 'Bearer ' + key + '.' }}", "Bearer ${API_KEY}."),
        ("{{ list | join(',') }}", "x,${API_KEY}"),
        ("{{ key | string }}", "${API_KEY}"),
        ("{{ key | default('none') }}", "${API_KEY}"),
        ("{{ key | default('none', true) }}", "${API_KEY}"),
        ("{{ key | to_json }}", '"${API_KEY}"'),
        ("{{ {'k': key, 'l': list} | to_json }}",
         '{"k": "${API_KEY}", "l": ["x", "${API_KEY}"]}'),
        ("{{ {'k': key} | to_nice_yaml }}", "k: ${API_KEY}"),
        ("{% if key %}set{% else %}unset{% endif %}", "set"),
        ("{{ 'x' if key and url else 'y' }}", "x"),
        ("{{ key is defined }}", "True"),
    ],
)  # fmt: skip
def test_a_secret_may_be_written_joined_and_asked_for(
    project: Project, template: str, result: str
) -> None:
    assert text(project, template, KEYS, {"API_KEY": SECRET}) == result


@pytest.mark.parametrize("environ", [{}, {"API_KEY": ""}])
def test_the_truth_of_an_unset_secret_is_false(project: Project, environ: dict[str, str]) -> None:
    template = "{% if key %}set{% else %}unset{% endif %} {{ key }}"
    assert text(project, template, KEYS, environ) == "unset ${API_KEY}"
    config = "key: ${API_KEY:-fallback}\n"
    assert text(project, template, config, environ) == "set ${API_KEY:-fallback}"


def test_what_was_written_is_remembered(project: Project) -> None:
    config = KEYS + "other: ${OTHER_KEY}\n"
    environ = {"API_KEY": SECRET, "OTHER_KEY": SECRET}
    asked = "{% if other %}{{ key }}{% endif %}"
    assert rendered(project, asked, config, environ).secrets == {"API_KEY"}
    assert rendered(project, "{{ other is defined }}", config, environ).secrets == set()


@pytest.mark.parametrize(
    ("expression", "how"),
    [
        ("key | upper", "the filter 'upper'"),
        ("key | length", "the filter 'length'"),
        ("key | replace('a', 'b')", "the filter 'replace'"),
        ("key | urlencode", "the filter 'urlencode'"),
        ("key | trim", "the filter 'trim'"),
        ("list | map('upper') | list", "the filter 'upper'"),
        ("'%s' | format(key)", "the filter 'format'"),
        ("key is none", "the test 'none'"),
        ("key is string", "the test 'string'"),
        ("key is eq 'x'", "the test 'eq'"),
        ("key == 'x'", "a comparison"),
        ("'x' == key", "a comparison"),
        ("key != ''", "a comparison"),
        ("key < 'x'", "a comparison"),
        ("key in ['x']", "a comparison"),
        ("'x' in key", "a search in it"),
        ("key[0]", "a part of it"),
        ("key[:3]", "a part of it"),
        ("key.upper()", "the attribute 'upper'"),
        ("key.startswith('x')", "the attribute 'startswith'"),
        ("{key: 1}", "use as a key"),
        ("list | sort", "a comparison"),
    ],
)
def test_anything_else_with_a_secret_is_refused(
    project: Project, expression: str, how: str
) -> None:
    refusal = refused(project, "x\n{{ " + expression + " }}\n", KEYS, {"API_KEY": SECRET})
    message = f"{PAGE}:2: The template uses {how} on a value that holds the secret API_KEY."
    assert message in refusal.messages
    assert refusal.remedies[0] == (
        "A secret can be written, joined to text, and asked whether it is set."
    )
    assert SECRET not in refusal.text


@pytest.mark.parametrize("expression", ["key * 2", "key | int", "key - 1"])
def test_calculating_with_a_secret_is_refused(project: Project, expression: str) -> None:
    refusal = refused(project, "{{ " + expression + " }}", KEYS, {"API_KEY": "12345678"})
    assert refusal.messages[0].startswith(f"{PAGE}:1: ")
    assert "12345678" not in refusal.text


def test_a_loop_over_a_secret_is_refused(project: Project) -> None:
    refusal = refused(project, "{% for c in key %}{{ c }}{% endfor %}", KEYS, {"API_KEY": SECRET})
    assert "on a value that holds the secret API_KEY." in refusal.messages[0]


# --- dollars --------------------------------------------------------------------------------------


def test_literal_dollars_are_doubled_in_compose_files_only(project: Project) -> None:
    config = "price: $$5\nmixed: a$$ ${UNSET} ${API_KEY} ${COST}\n"
    template = "{{ price }} {{ mixed }} $HOME $$"
    environ = {"API_KEY": SECRET, "COST": "1$"}
    compose = rendered(project, template, config, environ, compose=True)
    assert compose.text == "$$5 a$$ ${UNSET} ${API_KEY} 1$$ $HOME $$"
    other = rendered(project, template, config, environ, compose=False)
    assert other.text == "$5 a$ ${UNSET} ${API_KEY} 1$ $HOME $$"


# --- writing values safely ------------------------------------------------------------------------

NASTY = [
    "plain", "", " ", "a: b", "- a", "# no", "x # y", "'", '"', "\\", "no", "22:22", "3.10",
    "null", "~", "{a}", "[a]", "&a", "*a", "!t", "%x", "@x", "`x`",
    "|", ">", "a\nb", "a\n\n b\n", "\t", "é",
    "日本", "\U0001f600", "{{ x }}", "{% x %}", "\x07", "\x85", "\u2028", "\ufeff", "0x1F", "1e3",
    "---", "...", "? a", ": a", "a:", "=", "<<", "2026-01-01", "</script>", "&amp;",
]  # fmt: skip


@pytest.mark.parametrize("name", ["to_json", "tojson", "to_nice_yaml"])
def test_no_value_can_break_what_it_is_written_into(project: Project, name: str) -> None:
    values = {
        "texts": NASTY,
        "keys": {nasty: number for number, nasty in enumerate(NASTY)},
        "deep": [{"a": [{"b": None, "c": [True, 1, 1.5, [], {}]}]}],
    }
    path = project.write(PAGE, "{{ values | " + name + " }}\n")
    result = Renderer(project.root, {"values": values}).render(
        path, service_dir=path.parent, compose=False
    )
    assert yaml.safe_load(result.text) == values
    if name != "to_nice_yaml":
        assert json.loads(result.text) == values
        assert result.text.count("\n") == 1


def test_nice_yaml_is_in_block_style_and_can_be_indented(project: Project) -> None:
    config = "env: {B: 1, A: 'x: y', L: [1, {k: v}]}\n"
    template = "environment:\n  {{ env | to_nice_yaml | indent(2) }}\nafter: 1\n"
    result = text(project, template, config)
    assert result == ("environment:\n  B: 1\n  A: 'x: y'\n  L:\n  - 1\n  - k: v\nafter: 1\n")


def test_one_value_is_written_in_its_place(project: Project) -> None:
    template = "a: {{ a | to_nice_yaml }}\nb: {{ b | to_nice_yaml }}\n"
    result = text(project, template, "a: 'x: y'\nb: ~\n")
    assert yaml.safe_load(result) == {"a": "x: y", "b": None}


def test_json_may_be_indented(project: Project) -> None:
    assert text(project, "{{ a | to_json(indent=1) }}", "a: [1]\n") == "[\n 1\n]"
    assert text(project, "{{ a | to_json }}", "a: é日\n") == '"é日"'


def test_what_is_no_value_cannot_be_written_as_json(project: Project) -> None:
    refusal = refused(project, "{{ range | to_json }}")
    assert "cannot be written as JSON" in refusal.text


def test_the_library_renders_plain_dicts(tmp_path: Path) -> None:
    template = tmp_path / "x.j2"
    template.write_text("{{ a }} ${HOME}")
    ready = Renderer(tmp_path, {"a": "${B} $$"})
    result = ready.render(template, service_dir=tmp_path, compose=True)
    assert result.text == "${B} $$ ${HOME}"


@pytest.mark.parametrize(
    "template",
    ["{{ ('x' ~ key) | urlencode }}", "{{ ('x' + key) | upper }}", "{{ (key | string) | length }}"],
)
def test_a_text_that_holds_a_secret_is_protected_too(project: Project, template: str) -> None:
    refusal = refused(project, template, "key: ${API_KEY}\n")
    assert "on a value that holds the secret API_KEY" in refusal.text


def test_a_method_is_no_key(project: Project) -> None:
    refusal = refused(project, "{{ a.items }}", "a: {b: 1}\n")
    assert refusal.text == (
        f"{PAGE}:1: 'items' is a method of this value, not a key.\n"
        "  Write ['items'] for the key of that name."
    )


@pytest.mark.parametrize("template", ["{{ [1, 2] | random }}", "{{ lipsum() }}"])
def test_nothing_random_is_rendered(project: Project, template: str) -> None:
    refused(project, template)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('a: "{{ b" }}', "See whether each '{{' and '{%' before this place is closed"),
        ("a: {{ b c }}", "See whether each '{{' and '{%' before this place is closed"),
        ("a: {{ b | to_jsn }}", "Did you mean 'to_json'"),
        ("a: {{ b | slugify }}", "There are the filters of Jinja, to_json and to_nice_yaml."),
    ],
)
def test_common_mistakes_of_syntax_have_a_remedy(project: Project, text: str, remedy: str) -> None:
    refusal = refused(project, f"{text}\n")
    assert "The template's syntax is wrong: " in refusal.text
    assert remedy in refusal.text
