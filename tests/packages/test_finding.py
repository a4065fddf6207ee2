"""Where ``package:DISTRIBUTION/FOLDER`` leads, and what people are told when it leads nowhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container_manager.config.packages import find_package_folder
from container_manager.errors import ConfigError, Location, display_path

if TYPE_CHECKING:
    from tests.packages.conftest import Site

TEMPLATE = "docker-compose.yml.j2"
REPOSITORY = Path(__file__).parents[2]


def refusal(path: str) -> str:
    with pytest.raises(ConfigError) as caught:
        find_package_folder(path, Location(Path("config.yml"), 3))
    return str(caught.value)


# --- where it is found ----------------------------------------------------------------------------


def test_below_an_import_package(site: Site) -> None:
    folder = site.web("lab")
    found = find_package_folder("package:lab/services/framework/web")
    assert found.folder == folder
    assert found.shown == "package:lab/services/framework/web"
    assert found.build_path == "services/framework/web"


def test_any_spelling_of_the_name_and_of_the_folder(site: Site) -> None:
    site.install("my-lab", {f"my_lab/services/web/{TEMPLATE}": ""})
    for path in (
        "package:my-lab/services/web",
        "package:My_Lab/services/web",
        "package:MY.lab/services//web/",
        "package:my--lab/./services/web",
    ):
        found = find_package_folder(path)
        assert found.folder == site.folder / "my_lab/services/web"
        assert found.shown == "package:my-lab/services/web"


def test_the_second_of_several_import_packages(site: Site) -> None:
    site.install("lab", {"one/__init__.py": "", f"two/web/{TEMPLATE}": "", "one/web/other": ""})
    assert find_package_folder("package:lab/web").folder == site.folder / "two/web"


def test_import_packages_come_before_the_site(site: Site) -> None:
    site.install("lab", {f"web/{TEMPLATE}": "", f"lab/web/{TEMPLATE}": ""})
    assert find_package_folder("package:lab/web").folder == site.folder / "lab/web"


def test_a_namespace_package(site: Site) -> None:
    """``acme`` belongs to nobody; ``acme/lab`` is this distribution's."""
    site.install("acme-lab", {f"acme/lab/services/web/{TEMPLATE}": ""})
    site.install("acme-other", {f"acme/other/services/web/{TEMPLATE}": ""})
    folder = site.folder / "acme/lab/services/web"
    assert find_package_folder("package:acme-lab/lab/services/web").folder == folder
    assert find_package_folder("package:acme-lab/acme/lab/services/web").folder == folder
    assert "has no folder" in refusal("package:acme-lab/other/services/web")


def test_the_first_installation_on_the_search_path(new_site: Callable[[str], Site]) -> None:
    new_site("hidden").web("lab")
    first = new_site("first").web("lab")
    assert find_package_folder("package:lab/services/framework/web").folder == first


@pytest.mark.parametrize("metadata", [{}, {"top_level.txt": "labcode\n"}])
def test_an_installation_without_a_record(site: Site, metadata: dict[str, str]) -> None:
    """As distributions of Linux leave it."""
    package = "labcode" if metadata else "my_lab"
    site.install("my-lab", {f"{package}/web/{TEMPLATE}": ""}, record=False, metadata=metadata)
    assert find_package_folder("package:my-lab/web").folder == site.folder / package / "web"


def test_a_search_path_relative_to_the_current_directory(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = site.web("lab")
    monkeypatch.chdir(site.folder)
    monkeypatch.setattr(sys, "path", ["", *sys.path[1:]])
    assert find_package_folder("package:lab/services/framework/web").folder == folder


# --- editable installations -----------------------------------------------------------------------


def test_an_editable_installation_is_read_from_its_checkout(site: Site, tmp_path: Path) -> None:
    checkout = tmp_path / "a checkout, with ümlaut & spaces"
    site.develop("lab", checkout, {f"services/web/{TEMPLATE}": ""})
    found = find_package_folder("package:lab/services/web")
    assert found.folder == checkout / "services/web"
    assert found.build_path == "services/web"


def test_an_editable_package_below_src(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    files = {"src/lab/__init__.py": "raise AssertionError\n", f"src/lab/web/{TEMPLATE}": ""}
    site.develop("lab", checkout, files)
    monkeypatch.setattr(sys, "path", [*sys.path, str(checkout / "src")])
    assert find_package_folder("package:lab/web").folder == checkout / "src/lab/web"


@pytest.mark.parametrize(
    "text",
    [
        b"{", b"[]", b'{"url": 3}', b"caf\xe9", b"[" * 100_000,
        b'{"url": "https://x/y", "dir_info": {"editable": true}}',
        b'{"url": "file:///x%00y", "dir_info": {"editable": true}}',
    ],
    ids=range(7),
)  # fmt: skip
def test_a_strange_record_of_where_it_came_from_is_none(site: Site, text: bytes) -> None:
    site.install("lab", {f"lab/web/{TEMPLATE}": ""})
    (site.folder / "lab-1.0.dist-info/direct_url.json").write_bytes(text)
    assert find_package_folder("package:lab/web").folder == site.folder / "lab/web"
    assert "has no folder" in refusal("package:lab/other")


# --- symlinks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["services/web", "services"])
def test_a_folder_that_leads_out_of_an_editable_package(
    site: Site, tmp_path: Path, link: str
) -> None:
    checkout = tmp_path / "checkout"
    site.develop("lab", checkout, {"README": "", "services-of-lab/README": ""})
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "web").mkdir(parents=True)
    (elsewhere / "web" / TEMPLATE).touch()
    (checkout / link).parent.mkdir(exist_ok=True)
    (checkout / link).symlink_to(elsewhere / link.removeprefix("services").strip("/"))
    assert refusal("package:lab/services/web") == (
        "config.yml:3: The folder package:lab/services/web is a symlink that leads out of the "
        f"package.\n  It leads to {elsewhere / 'web'}."
    )


def test_a_folder_that_leads_out_of_an_installed_package(site: Site, tmp_path: Path) -> None:
    site.install("lab", {f"lab/web/{TEMPLATE}": ""})
    (site.folder / "lab/web").rename(tmp_path / "web")
    (site.folder / "lab/web").symlink_to(tmp_path / "web")
    assert "package:lab/web is a symlink that leads out of the package." in refusal(
        "package:lab/web"
    )


def test_an_environment_in_the_checkout_is_not_the_checkout(
    new_site: Callable[[str], Site], tmp_path: Path
) -> None:
    (tmp_path / "checkout").mkdir()
    site = new_site("checkout/site-packages")
    checkout = site.folder.parent
    site.develop("lab", checkout, {f"private/{TEMPLATE}": ""})
    site.install("lab", {f"lab/x/{TEMPLATE}": ""})
    site.develop("lab", checkout, {})
    (site.folder / "lab/web").symlink_to(checkout / "private")
    record = site.folder / "lab-1.0.dist-info/RECORD"
    record.write_text(record.read_text() + f"lab/web/{TEMPLATE},,\n")
    assert "leads out of the package" in refusal("package:lab/web")


def test_symlinks_within_a_package(site: Site, tmp_path: Path) -> None:
    """The checkout, too, may be reached through one."""
    (tmp_path / "real").mkdir()
    checkout = tmp_path / "checkout"
    checkout.symlink_to("real")
    site.develop("lab", checkout, {f"all/web/{TEMPLATE}": ""})
    (checkout / "services").symlink_to("all")
    assert find_package_folder("package:lab/services/web").folder == checkout / "services/web"


# --- what people are told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "package:", "package:x", "package:x/", "package:/abs", "package:x//abs", "package:x/../y",
        "package:x/y/..", "package:x/.", "package: x/y", "package:x y/z", "package:x\\y/z",
        "package:-x/y", "package:x/y\0z", "package:ünï/x",
    ],
)  # fmt: skip
def test_misspelled(path: str) -> None:
    assert refusal(path) == (
        f"config.yml:3: The path {path!r} names no folder in a package.\n"
        "  Write package:DISTRIBUTION/FOLDER without '..', for example "
        "package:container-manager/services/framework/jupyter."
    )


@given(st.text())
def test_no_spelling_ends_otherwise_than_with_an_error_of_ours(text: str) -> None:
    assert "config.yml:3: The" in refusal(f"package:{text}")


def test_not_installed(site: Site) -> None:
    site.web("mylab")
    (site.folder / "broken-1.0.dist-info").mkdir()
    assert refusal("package:my-lab/services/framework/web") == (
        f"config.yml:3: The package 'my-lab' is not installed for {sys.executable}.\n"
        "  Did you mean 'mylab'?"
    )
    assert "Install it where container-manager is installed." in refusal("package:q7q7q7q7/x")


@pytest.mark.parametrize("file", ["RECORD", "top_level.txt"])
def test_records_that_are_no_text(site: Site, file: str) -> None:
    site.web("lab")
    (site.folder / "lab-1.0.dist-info" / file).write_bytes(b"caf\xe9\n")
    assert refusal("package:lab/services/framework/web") == (
        "config.yml:3: The installer's records of the package 'lab' cannot be read: "
        "not UTF-8 text.\n  Install the package again."
    )


def test_a_record_that_is_no_table(site: Site) -> None:
    site.web("lab")
    (site.folder / "lab-1.0.dist-info/RECORD").write_text("x" * 200_000)
    assert "cannot be read: field larger than field limit" in refusal("package:lab/web")


def test_records_of_other_packages_do_no_harm(site: Site) -> None:
    site.install("other", {"other.py": ""})
    (site.folder / "other-1.0.dist-info/METADATA").write_bytes(b"Name: caf\xe9\n")
    assert "The package 'otter' is not installed" in refusal("package:otter/web")


def test_installed_without_the_folder(site: Site) -> None:
    site.web("lab")
    lab = site.folder / "lab"
    assert refusal("package:lab/services/framework/wob") == (
        "config.yml:3: The package 'lab' has no folder 'services/framework/wob'.\n"
        "  Did you mean 'services/framework/web'? Services that it holds: services/framework/web. "
        f"Looked for in {lab}, {site.folder}."
    )
    site.install("other", {"other.py": ""})
    assert "It holds no services. Looked for in" in refusal("package:other/web")


def test_a_folder_of_another_package_is_not_found(site: Site) -> None:
    """``site-packages`` is shared."""
    site.web("lab")
    site.install("other", {"other/x": ""})
    assert "has no folder" in refusal("package:other/lab/services/framework/web")


def test_a_folder_without_a_template(site: Site) -> None:
    site.web("lab")
    assert refusal("package:lab/services/framework") == (
        "config.yml:3: The folder package:lab/services/framework has no docker-compose.yml.j2.\n"
        f"  It is looked for in {site.folder / 'lab/services/framework'}."
    )


def test_what_lies_in_a_package_is_shown_by_the_packages_name(site: Site) -> None:
    folder = site.web("lab")
    find_package_folder("package:Lab/services/framework/web")
    shown = "package:lab/services/framework/web"
    assert str(Location(folder / "service.yml", 3)) == f"{shown}/service.yml:3"
    assert display_path(folder) == shown
    assert display_path(folder.with_name("website")) == str(folder.with_name("website"))


# --- what it costs, and what we ship --------------------------------------------------------------


def test_nothing_is_imported_where_no_path_leads_into_a_package(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text(
        "framework: {services: {web: {path: services/web}}}\ndeployed_services: [web]\n"
    )
    code = (
        "import sys; before = set(sys.modules)\n"
        "from container_manager import ConfigBuilder; ConfigBuilder('config.yml')\n"
        "new = set(sys.modules) - before\n"
        "assert not new & {'importlib.metadata', 'csv'}, new\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)


def test_the_shipped_services_can_be_had_as_a_package() -> None:
    shipped = list((REPOSITORY / "services").glob(f"framework/*/{TEMPLATE}"))
    shipped += (REPOSITORY / "services").glob(f"applications/*/*/{TEMPLATE}")
    assert shipped
    for template in shipped:
        folder = template.parent.relative_to(REPOSITORY).as_posix()
        found = find_package_folder(f"package:container-manager/{folder}")
        assert found.folder.samefile(template.parent)
        assert found.build_path == folder
