"""Generated input: whatever a configuration says, no exception but ours ever escapes."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from container_manager.build import pipeline
from container_manager.build.content import flatten
from container_manager.config import load
from container_manager.config.environment import Environment, Report
from container_manager.config.interpolation import InterpolationError, Text
from container_manager.config.source import parse_yaml
from container_manager.errors import ConfigError, ManagerError
from container_manager.render.values import to_json, to_nice_yaml

common = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)

SECRET = "planted-secret-value"
ENVIRON = {"SET": "value", "EMPTY": "", "DOLLAR": "a$b ${SET}", "API_KEY": SECRET}

# --- what is generated ----------------------------------------------------------------------------

characters = st.characters(codec="utf-8")
words = st.sampled_from(
    ["$", "$$", "${", "}", "${SET}", "$SET", "${EMPTY:-x}", "${UNSET}", "${API_KEY}",
     "${A:-${SET}}",
     "${DOLLAR}", "${B:?x}", ":", "#", "'", '"', "\n", "\\", "no", "3.10", "22:22", "{{ x }}", "..",
     "/", "*", "&a", "!t", "<<", "=", "\u2028", "\x85", "\ufeff", "\x00", "\x7f", "é", "日本", " "]
)  # fmt: skip
texts = st.lists(words | st.text(characters, max_size=4), max_size=5).map("".join)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
known_keys = st.sampled_from(
    ["deployed_services", "framework", "applications", "services", "build_dir", "project_name",
     "project_root", "secrets", "images", "path", "copy_src", "additional_dirs", "src", "dst",
     "add", "remove", "web", "no_render", "start_timeout", "one_shot", "password", "templates"]
)  # fmt: skip
keys = known_keys | texts | st.integers()
values = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(keys, children, max_size=4),
    max_leaves=15,
)
configs = st.dictionaries(known_keys | texts, values, max_size=6)
import_paths = st.sampled_from(
    ["config.yml", "b.yml", "sub/c.yml", "*.yml", "sub/*.yml", "../lab/b.yml", "sub", "missing.yml",
     "./b.yml", "${SET}.yml", "${UNSET}.yml", "", "sub/../b.yml", "**/c.yml", "[", "b.ym?"]
)  # fmt: skip
importing = st.tuples(
    configs, st.none() | import_paths | st.lists(import_paths | scalars, max_size=3)
).map(lambda pair: {**pair[0], **({"import": pair[1]} if pair[1] is not None else {})})


@contextlib.contextmanager
def folder(depth: str = ".") -> Iterator[Path]:
    """A project's folder, ``depth`` below a temporary one."""
    top = Path(tempfile.mkdtemp(prefix="generated-"))
    try:
        root = top / depth / "lab"
        root.mkdir(parents=True)
        yield root
    finally:
        shutil.rmtree(top)


def written(value: Any) -> str:
    """YAML of a value, as somebody might write it."""
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)


# --- the loader -----------------------------------------------------------------------------------


@common
@given(st.binary(max_size=200) | texts.map(str.encode) | configs.map(lambda c: written(c).encode()))
@example(b"a: " + b"[" * 5_000)
@example(b"<<: <<: 1")
@example(b"? a\n? b\n")
@example(b"%YAML 9.9\n---\na: 1")
@example(b"a: !!int x\nb: !!float y\nc: !!bool z\nd: !!null q\ne: !!timestamp t\n")
@example(b"deployed_services: {<<: {add: [a]}}\n")
def test_any_file_is_a_configuration_or_an_error_of_ours(content: bytes) -> None:
    with folder() as root:
        (root / "config.yml").write_bytes(content)
        with contextlib.suppress(ManagerError):
            config = load(root / "config.yml", ENVIRON)
            assert config.values["project_root"]
            assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", config.project_name)
            assert all(str(warning) for warning in config.warnings)
            for path, node in config.tree.walk():
                assert config.tree.find(path) is node
                assert node.where.file.is_relative_to(root)
                assert node.where.line is not None or path == ()
        assert sorted(path.name for path in root.iterdir()) == ["config.yml"]


@common
@given(st.binary(max_size=120) | texts.map(str.encode))
def test_any_dotenv_is_read_or_an_error_of_ours(content: bytes) -> None:
    with folder() as root:
        (root / "config.yml").write_text("a: ${SET}\n")
        (root / ".env").write_bytes(content)
        with contextlib.suppress(ConfigError):
            load(root / "config.yml", {})


@common
@given(importing, importing, importing, st.lists(scalars | configs, max_size=3))
@example({"import": ["b.yml", "sub/c.yml"]}, {"import": "sub/c.yml"}, {"import": "../b.yml"}, [])
@example({"applications": ["app"]}, {}, {}, [{"applications": ["app"]}])
def test_files_that_import_each_other(
    first: dict[Any, Any], second: dict[Any, Any], third: dict[Any, Any], apps: list[Any]
) -> None:
    with folder() as root:
        for path, content in {
            "config.yml": first,
            "b.yml": second,
            "sub/c.yml": third,
            **{f"src/applications/{'app' * (n + 1)}/config.yml": app for n, app in enumerate(apps)},
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(written(content))
        with contextlib.suppress(ManagerError):
            load(root / "config.yml", ENVIRON)


@common
@given(configs)
@example({"a": "\x85"})
@example({"\u2028": "$$"})
@example({"a": "$${SET} ${UNSET} ${API_KEY:-x} $"})
@example({"a": 1e300, "b": -0.0, "c": 1e-7, "d": float("inf"), "e": 10**400})
@example({"<<": {"a": 1}, "=": "=", "~": "~", "no": "no"})
def test_the_flattened_configuration_reads_back_as_it_was(content: dict[Any, Any]) -> None:
    with folder() as root:
        (root / "config.yml").write_text(written(content))
        try:
            config = load(root / "config.yml", ENVIRON)
        except ManagerError:
            return
        flat = flatten(config.values)
        assert SECRET not in flat
        (root / "flat.yml").write_text(flat, encoding="utf-8")
        again = load(root / "flat.yml", ENVIRON)
        assert again.values == config.values
        for (path, one), (_, two) in zip(pairs(config.values), pairs(again.values), strict=True):
            assert type(one) is type(two), path
            if isinstance(one, Text):
                assert one.escaped == two.escaped


def pairs(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """All scalars with their paths, in a stable order."""
    if isinstance(value, dict):
        for key in sorted(value, key=lambda key: (str(type(key)), str(key))):
            yield from pairs(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from pairs(item, (*path, index))
    else:
        yield path, value


# --- variables ------------------------------------------------------------------------------------


@common
@given(texts)
def test_expanding_twice_changes_nothing_more(text: str) -> None:
    environment = Environment(process=ENVIRON)
    try:
        once = environment.expand(text, Report())
    except InterpolationError:
        return
    assert SECRET not in once
    escaped = once.escaped if isinstance(once, Text) else once
    twice = environment.expand(escaped, Report())
    assert twice == once
    again = twice.escaped if isinstance(twice, Text) else twice
    assert again == escaped


@common
@given(texts)
def test_what_is_left_for_the_provider_means_the_same(text: str) -> None:
    """Expanding now and filling in later is filling in at once."""
    environment = Environment(process=ENVIRON)
    report = Report()
    try:
        directly = environment.interpolate(text, report)
    except InterpolationError:
        return
    expanded = environment.expand(text, Report())
    escaped = expanded.escaped if isinstance(expanded, Text) else expanded
    assert environment.interpolate(escaped, Report()) == directly


@common
@given(st.text(characters))
def test_a_literal_text_survives_escaping(text: str) -> None:
    environment = Environment(process=ENVIRON)
    assert environment.interpolate(text.replace("$", "$$"), Report()) == text


# --- writing values -------------------------------------------------------------------------------

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(characters) | texts,
    lambda children: st.lists(children, max_size=4)
    | st.dictionaries(st.text(characters, max_size=8) | texts, children, max_size=4),
    max_leaves=12,
)  # fmt: skip


@common
@given(plain)
def test_what_is_written_as_json_or_yaml_is_read_as_it_was(value: Any) -> None:
    assert json.loads(to_json(value)) == value
    assert "\n" not in to_json(value)
    assert same(yaml.safe_load(to_nice_yaml(value)), value)
    assert same(yaml.safe_load(to_json(value)), value)


def same(read: Any, value: Any) -> bool:
    """Equal, where PyYAML may read a float without a point (1e16) as text."""
    if isinstance(value, dict):
        return list(read) == list(value) and all(same(read[key], value[key]) for key in value)
    if isinstance(value, list):
        return len(read) == len(value) and all(map(same, read, value))
    if isinstance(value, float) and isinstance(read, str):
        return float(read) == value
    return bool(read == value)


@common
@given(st.text(characters))
def test_yaml_is_told_apart_from_everything_else(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse_yaml(text, Path("x.yml"))
        parse_yaml(text, Path("x.yml"), compose=True)


# --- the guards -----------------------------------------------------------------------------------

# Whatever is joined from these stays inside of a folder of our own, however wrong the guards are:
# at most five times upwards, from a project that lies deeper; absolute paths start there, too.
DEPTH = "1/2/3/4/5/6/7/8"
parts = st.sampled_from(
    [".", "..", "", "services", "web", "src", "docs", "build", ".manager", "link_out", "link_in",
     "a file", "new", "config.yml", "docker-compose.yml", "~", "{{ x }}", "$$x", "x" * 256, "a\0b",
     "é", "repo_src", "lab"]
)  # fmt: skip
paths = st.tuples(st.sampled_from(["", "", "", "ROOT/"]), st.lists(parts, max_size=5)).map(
    lambda pair: pair[0] + "/".join(pair[1]).lstrip("/")
)
sources = st.sampled_from(
    ["docs", "new", "a file", "src", "link_in", "ROOT/docs", ".", "../outside"]
)
targets = st.lists(st.sampled_from(["x", "y", ".", "..", "docs", "é"]), min_size=1, max_size=4)
items = (
    paths
    | st.fixed_dictionaries({"src": paths, "dst": paths})
    | st.fixed_dictionaries({"src": sources, "dst": targets.map("/".join)})
)
TEMPLATE = "services: {web: {image: localhost/web}}\n"


def generated_project(root: Path) -> None:
    """A project with ways out of it, and with something outside that must stay as it is."""
    (root.parent / "outside").mkdir()
    (root.parent / "outside" / "precious.txt").write_text("precious")
    (root.parent / "outside" / "docker-compose.yml.j2").write_text(TEMPLATE)
    for name in ("services/web", "src", "docs", "new"):
        (root / name).mkdir(parents=True)
        (root / name / "a.txt").write_text("a")
    (root / "a file").write_text("x")
    (root / "link_out").symlink_to(root.parent / "outside")
    (root / "link_in").symlink_to("services/web")
    (root / "services/docker-compose.yml.j2").write_text("networks: {default: {}}\n")
    (root / "services/web/docker-compose.yml.j2").write_text(TEMPLATE)


def mentioned(item: Any) -> list[str]:
    """The paths in an entry of ``additional_dirs``."""
    return list(item.values()) if isinstance(item, dict) else [item]


def everything(folder: Path) -> dict[str, str]:
    """All that is below a folder, symlinks not followed."""
    return {
        path.relative_to(folder).as_posix(): (
            f"-> {path.readlink()}"
            if path.is_symlink()
            else path.read_bytes().hex()
            if path.is_file()
            else "folder"
        )
        for path in folder.rglob("*")
    }


@settings(common, max_examples=200)
@given(
    st.sampled_from(["build", "new/build", "../beside", "ROOT/out"]) | paths,
    st.sampled_from(["services/web", "./services//web", "link_in"]) | paths,
    st.just([]) | st.lists(items, max_size=2),
    st.booleans(),
)
@example("build", "services/web", ["docs", {"src": "../outside", "dst": "x/y"}], True)
@example("../beside", "link_in", [{"src": ".", "dst": "all"}], False)
@example("build", "services/web", [{"src": "docs", "dst": "../../../../../outside"}], False)
@example("link_out", "services/web", [], False)
@example("new/build", "services/web", ["new"], False)
@example("build", "link_out", [], True)
def test_nothing_outside_of_the_build_directory_is_ever_written(
    build_dir: str, path: str, additional: list[Any], copy_src: bool
) -> None:
    with folder(DEPTH) as root:
        top = root.parents[len(Path(DEPTH).parts)]
        named = [build_dir, path, *itertools.chain.from_iterable(map(mentioned, additional))]
        for name in named:
            assert Path(os.path.normpath(root / name)).is_relative_to(top)
        generated_project(root)
        service = {"path": path, "additional_dirs": additional, "copy_src": copy_src}
        configuration = {
            "project_name": "lab",
            "build_dir": build_dir,
            "deployed_services": ["web"],
            "framework": {"services": {"web": service}},
        }
        text = json.dumps(configuration).replace("ROOT/", f"{root}/")
        (root / "config.yml").write_text(text)
        before = everything(top)
        place = ""
        with contextlib.suppress(ManagerError):
            config = load(root / "config.yml", {})
            prepared = pipeline.prepare(config)
            place = os.path.realpath(config.build_dir)
            pipeline.execute(prepared)
        after = everything(top)
        assert {name: after.get(name) for name in before} == before
        for name in after.keys() - before.keys():
            created = f"{top}/{name}"
            assert place, "nothing may be written where nothing could be prepared"
            # what is new lies in the build directory, or is a folder on the way to it
            assert created.startswith(place + "/") or (place + "/").startswith(created + "/")
