"""The pytest plugin: options, the marker ``containers``, and fixtures.

pytest imports this module in every run of an environment in which the library is installed. It
imports nothing but pytest; the library itself is imported by the first fixture that is used.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from container_manager.run import Finished
    from container_manager.testing.projects import Original, ProjectCopy
    from container_manager.testing.rendered import Rendered
    from container_manager.testing.stacks import RunningStack, Workshop
    from container_manager.testing.templates import Copied, Updater

pytest.register_assert_rewrite("container_manager.testing.service_checks")

_MARKER = "containers"
_OPTION = "--containers"
_DEST = "container_manager_containers"
_AUTO = "auto"
_MODES = (_AUTO, "always", "never")
_CONFIG = "container_manager_config"
_IGNORE = "container_manager_ignore"
_TRACED = "container_manager.testing.traced"
_PROJECTS = "container_manager.testing.projects"
_STACKS = "container_manager.testing.stacks"
_NOT_CI = ("", "0", "false", "no")

_Reason = tuple[Path, str | None]
_podman_key = pytest.StashKey[_Reason]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two settings; the option comes later."""
    parser.addini(
        _CONFIG,
        "the configuration of the project under test; without, the nearest config.yml with a "
        "services/docker-compose.yml.j2 beside it, from the test file upwards",
        default="",
    )
    parser.addini(
        _IGNORE,
        "globs of names and paths that copies of the project leave out: large data, say",
        type="linelist",
        default=[],
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, object, object]:
    """One option, unless a plugin or a ``conftest.py`` has one of that name: theirs it stays."""
    result = yield
    if _is_free(parser):
        parser.getgroup("container-manager", "Container Manager").addoption(
            _OPTION,
            dest=_DEST,
            choices=_MODES,
            default=_AUTO,
            help="tests that run containers: skip them where Podman cannot (auto; in CI the same "
            "as always), fail them there (always), or skip them everywhere (never)",
        )
    return result


def _is_free(parser: pytest.Parser) -> bool:
    """Whether nobody takes the option yet."""
    said = f"{_OPTION}={_AUTO}"
    try:
        return said in parser.parse_known_and_unknown_args([said])[1]
    except pytest.UsageError:
        return False  # it takes other values


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and give the option's name free."""
    # The command line is read; a conftest.py below the first ones may still declare the name.
    optparser = getattr(config._parser, "optparser", None)
    getattr(optparser, "_option_string_actions", {}).pop(_OPTION, None)
    config.addinivalue_line(
        "markers", f"{_MARKER}: runs containers; see --containers (Container Manager)"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail what is marked ``containers``, in projects of ours alone."""
    if item.get_closest_marker(_MARKER) and _config_path(item.config, item.path) is not None:
        _need_containers(item.config)


@pytest.hookimpl(tryfirst=True)
def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: object, right: object
) -> list[str] | None:
    """Say which lines a compared value comes from, where it knows."""
    traced = sys.modules.get(_TRACED)
    if traced is None or not isinstance(left, traced.Traced) | isinstance(right, traced.Traced):
        return None
    told = config.hook.pytest_assertrepr_compare(
        config=config, op=op, left=traced.plain(left), right=traced.plain(right)
    )
    summary, *rest = next(filter(None, told), [f"{left!r} {op} {right!r}"])
    return [summary, *traced.explain(left, right), *rest]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Cut tracebacks short, and add the end of the containers' logs to a failing test's report."""
    if call.excinfo is not None and _PROJECTS in sys.modules:
        from container_manager.testing.telling import shorten

        shorten(item, call.excinfo)
    report = yield
    traced = sys.modules.get(_TRACED)
    if traced is not None:  # pytest-xdist sends plain values alone
        report.user_properties = traced.plain(report.user_properties)
    stacks = sys.modules.get(_STACKS)
    if stacks is not None and report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, stacks.RunningStack) and (words := value.last_words()):
                report.sections.append(("logs of containers", words))
    return report


def _need_containers(config: pytest.Config) -> Path:
    """Skip or fail where containers cannot run; else the folder that knows how to call Podman."""
    mode = config.getoption(_DEST, _AUTO)
    if mode == _AUTO and os.environ.get("CI", "").lower() not in _NOT_CI:
        mode = "always"
    if mode == "never":
        pytest.skip("it runs containers, and --containers=never was said")
    folder, reason = _podman(config)
    if reason is not None:
        what = f"it runs containers, and they cannot run here: {reason}"
        if mode == "always":
            pytest.fail(what, pytrace=False)
        pytest.skip(what)
    return folder


def _podman(config: pytest.Config) -> _Reason:
    known = config.stash.get(_podman_key, None)
    if known is None:
        from container_manager.testing.stacks import no_containers

        folder = Path(tempfile.mkdtemp(prefix="container-manager-podman-"))
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        known = config.stash[_podman_key] = (folder, no_containers(folder))
    return known


def _config_path(config: pytest.Config, path: Path) -> Path | None:
    """The configuration of the project that a test file is about."""
    from container_manager.testing.finding import find_project

    named = config.getini(_CONFIG)
    return config.rootpath / named if named else find_project((path.parent, config.rootpath))


@pytest.fixture(scope="session")
def _container_manager_projects(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Callable[[Path], Original]]:
    """Finds the project of a test file; each is copied once in a run, and then from that copy."""
    from container_manager.testing.projects import Original

    folder = tmp_path_factory.mktemp("container-manager")
    known: dict[Path, Original] = {}

    def find(test_file: Path) -> Original:
        path = _config_path(pytestconfig, test_file)
        if path is None:
            pytest.fail(
                f"There is no project around {test_file}: no folder above it has a config.yml and "
                f"services/docker-compose.yml.j2.\n  Name the configuration: {_CONFIG} = PATH in "
                "pytest's configuration.",
                pytrace=False,
            )
        if path not in known:
            known[path] = Original(
                config_path=path,
                ignore=tuple(pytestconfig.getini(_IGNORE)),
                folder=folder / str(len(known)),
            )
        return known[path]

    yield find
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def project(
    request: pytest.FixtureRequest, _container_manager_projects: Callable[[Path], Original]
) -> ProjectCopy:
    """An isolated copy of the project: change what you like, nobody else sees it."""
    from container_manager.testing.projects import ProjectCopy

    return ProjectCopy(_container_manager_projects(request.path))


@pytest.fixture
def rendered(project: ProjectCopy) -> Rendered:
    """What a build of the project gives: parsed compose files, files, configuration, kernels."""
    from container_manager.testing.telling import told

    with told(project):
        return project.build()


@pytest.fixture(scope="session")
def _container_manager_workshop(pytestconfig: pytest.Config) -> Iterator[Workshop]:
    from container_manager.testing.stacks import Workshop

    workshop = Workshop(_need_containers(pytestconfig))
    yield workshop
    workshop.close()


@pytest.fixture(scope="module")
def stack_services() -> list[str]:
    """Which services ``stack`` starts, with what they need; none: all. Override it in a module."""
    return []


@pytest.fixture(scope="module")
def stack_project(
    request: pytest.FixtureRequest, _container_manager_projects: Callable[[Path], Original]
) -> ProjectCopy:
    """The copy of the project that ``stack`` starts; override it to give it other settings."""
    from container_manager.testing.projects import ProjectCopy

    return ProjectCopy(_container_manager_projects(request.path), unique=True)


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest, stack_project: ProjectCopy, stack_services: list[str]
) -> Iterator[RunningStack]:
    """The stack, really up and healthy, on free ports; afterwards nothing of it is left."""
    from container_manager.testing.telling import told

    _need_containers(request.config)
    workshop: Workshop = request.getfixturevalue("_container_manager_workshop")
    with contextlib.ExitStack() as block:
        with told(stack_project):
            running = block.enter_context(workshop.running(stack_project, stack_services))
        yield running


@pytest.fixture
def service_url(stack: RunningStack) -> Callable[..., str]:
    """Tells where a service is reached: ``service_url("framework.web")``."""
    return stack.url


@pytest.fixture
def run_in(stack: RunningStack) -> Callable[..., Finished]:
    """Runs a program in a service's container: ``run_in("framework.web", "id", "-u").stdout``."""
    return stack.run


@pytest.fixture
def copied(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """Renders a Copier template of yours, as its folder is now: ``copied(path, {"name": "x"})``."""
    from container_manager.testing.templates import Templates

    return Templates(tmp_path_factory.mktemp("copied")).copied


@pytest.fixture
def updated(tmp_path_factory: pytest.TempPathFactory) -> Updater:
    """Brings a copy of a template from one tag to another, with an edit in between."""
    from container_manager.testing.templates import Templates

    return Templates(tmp_path_factory.mktemp("updated")).updated
