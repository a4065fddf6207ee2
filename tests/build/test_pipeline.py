"""Every step of a build, from a configuration to the files below the build directory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from container_manager.build import pipeline
from container_manager.build.steps import ASSET_STEPS
from container_manager.errors import BuildError, ConfigError, ManagerError, RenderError

if TYPE_CHECKING:
    from tests.conftest import Project

WEB = "services/framework/web"
OUT = f"build/{WEB}"
SECRET = "planted-secret-value"


# --- layout ---------------------------------------------------------------------------------------


def test_the_smallest_project(project: Project) -> None:
    project.deploy()
    build = project.build()
    assert sorted(project.built()) == [
        "services/docker-compose.yml",
        f"{WEB}/config.yml",
        f"{WEB}/docker-compose.yml",
    ]
    assert [(file.path, file.template, file.service) for file in build.compose_files] == [
        (
            project.root / "build/services/docker-compose.yml",
            project.root / "services/docker-compose.yml.j2",
            None,
        ),
        (
            project.root / OUT / "docker-compose.yml",
            project.root / WEB / "docker-compose.yml.j2",
            "framework.web",
        ),
    ]
    assert build.compose_files[1].load().plain() == {
        "services": {"web": {"image": "localhost/web"}}
    }
    assert set(build.digests) == {f"{project.root}/build/{path}" for path in project.built()}
    assert build.warnings == ()


def test_a_service_that_lies_elsewhere_keeps_its_path(project: Project) -> None:
    project.files(
        {
            "services/docker-compose.yml.j2": "networks: {default: {}}\n",
            "elsewhere/web/docker-compose.yml.j2": "services: {web: {image: localhost/web}}\n",
            "config.yml": """
                deployed_services: [web]
                services: {web: {path: elsewhere//x/../web/}}
                """,
        }
    )
    project.build()
    assert "elsewhere/web/docker-compose.yml" in project.built()


def test_another_build_directory(project: Project) -> None:
    project.deploy(more={"build_dir": "out/deep"})
    assert project.build().build_dir == project.root / "out/deep"
    assert f"{WEB}/docker-compose.yml" in project.built("out/deep")
    assert not (project.root / "build").exists()


def test_a_build_directory_outside_of_the_project(project: Project) -> None:
    project.deploy(more={"build_dir": "../generated"})
    project.build()
    assert (project.root.parent / "generated" / WEB / "docker-compose.yml").is_file()


def test_compose_files_stand_in_the_order_of_deployment(project: Project) -> None:
    for name in ("zebra", "ant", "mule"):
        project.deploy(name, f"services: {{{name}: {{image: localhost/x}}}}\n")
    build = project.build()
    assert [file.service for file in build.compose_files] == [
        None, "framework.zebra", "framework.ant", "framework.mule",
    ]  # fmt: skip


# --- files of the service -------------------------------------------------------------------------


def test_files_are_copied_with_their_bytes_and_modes(project: Project) -> None:
    project.deploy()
    project.write(f"{WEB}/Dockerfile", "FROM x\n")
    project.write(f"{WEB}/bin/start.sh", "#!/bin/sh\n", 0o755)
    project.write(f"{WEB}/data.bin", b"\x00\xff{{ not a template }}", 0o400)
    project.write(f"{WEB}/é 日本/{{{{ x }}}}.txt", "x")
    project.write(f"{WEB}/.hidden", "x")
    project.write(f"{WEB}/__pycache__/x.pyc", "x")
    project.write(f"{WEB}/.git/config", "x")
    project.write(f"{WEB}/mod.pyc", "x")
    project.build()
    built = project.built()
    source = project.tree(WEB)
    for name in ("Dockerfile", "bin/start.sh", "data.bin", "é 日本/{{ x }}.txt", ".hidden"):
        assert built[f"{WEB}/{name}"].meaning == source[name].meaning
    assert not [path for path in built if "pyc" in path or ".git" in path]


def test_other_templates_are_rendered_in_place(project: Project) -> None:
    project.deploy(port=8080, no_render=["emails/*.j2", "raw.j2"])
    project.write(f"{WEB}/nginx.conf.j2", "listen {{ framework.services.web.port }};\n")
    project.write(f"{WEB}/bin/run.sh.j2", "exec {{ project_name }}\n", 0o755)
    project.write(f"{WEB}/emails/hello.j2", "Hello {{ user }}\n")
    project.write(f"{WEB}/deep/raw.j2", "{% raw\n")
    project.build()
    built = project.built()
    assert project.read(f"{OUT}/nginx.conf") == "listen 8080;\n"
    assert project.read(f"{OUT}/bin/run.sh") == "exec lab\n"
    assert built[f"{WEB}/bin/run.sh"].mode == 0o755
    assert project.read(f"{OUT}/emails/hello.j2") == "Hello {{ user }}\n"
    assert project.read(f"{OUT}/deep/raw.j2") == "{% raw\n"
    assert not (project.root / OUT / "docker-compose.yml.j2").exists()


def test_kernels_only_where_the_service_asks_for_them(project: Project) -> None:
    kernel = '{"argv": ["python"], "env": {"ROOT": {{ project_root | to_json }}}}'
    for mode in ("readonly", "write"):
        project.deploy(render_kernel_templates=True)
        project.write(f"{WEB}/epics-{mode}/kernel.json.j2", kernel)
    project.build()
    for mode in ("readonly", "write"):
        spec = json.loads(project.read(f"{OUT}/epics-{mode}/kernel.json"))
        assert spec["env"] == {"ROOT": str(project.root)}
    project.deploy(render_kernel_templates=False)
    project.build()
    assert not [path for path in project.built() if "kernel.json" in path]


def test_a_kernel_that_no_program_could_read_is_refused(project: Project) -> None:
    project.deploy(render_kernel_templates=True)
    project.write(f"{WEB}/epics/kernel.json.j2", '{"argv": ' + "[" * 100_000)
    with project.refuses() as refusal:
        project.build()
    assert "The JSON is nested too deeply." in refusal.text


def test_the_folder_of_another_service_inside_is_not_copied(project: Project) -> None:
    project.deploy("web", "services: {web: {image: localhost/web}}\n")
    project.files(
        {
            f"{WEB}/own.txt": "x",
            f"{WEB}/inner/docker-compose.yml.j2": "services: {inner: {image: localhost/i}}\n",
            f"{WEB}/inner/theirs.txt": "x",
        }
    )
    config = json.loads(project.read("config.yml"))
    config["framework"]["services"]["inner"] = {"path": f"{WEB}/inner"}
    project.write("config.yml", json.dumps(config))
    project.build()
    assert f"{WEB}/own.txt" in project.built()
    assert f"{WEB}/inner/theirs.txt" not in project.built()
    config["deployed_services"].append("inner")
    project.write("config.yml", json.dumps(config))
    project.build()
    assert f"{WEB}/inner/theirs.txt" in project.built()


# --- sources, additional folders ------------------------------------------------------------------


def test_copy_src_brings_the_projects_sources_and_metadata(project: Project) -> None:
    project.deploy(copy_src=True)
    project.files(
        {
            "src/pkg/a.py": "a = '{{ not rendered }}'\n",
            "src/pkg/page.html.j2": "{{ left alone }}\n",
            "src/requirements.txt": "from src\n",
            "requirements.txt": "from the root\n",
            "pyproject.toml": "[project]\n",
        }
    )
    project.write("src/run.sh", "#!/bin/sh\n", 0o755)
    project.build()
    source = f"{OUT}/repo_src"
    assert project.read(f"{source}/pkg/a.py") == "a = '{{ not rendered }}'\n"
    assert project.read(f"{source}/pkg/page.html.j2") == "{{ left alone }}\n"
    assert project.read(f"{source}/requirements.txt") == "from the root\n"
    assert project.read(f"{source}/pyproject_user.toml") == "[project]\n"
    assert project.built()[f"{WEB}/repo_src/run.sh"].mode == 0o755


def test_sources_that_lie_elsewhere(project: Project) -> None:
    project.deploy(copy_src=True)
    outside = project.root.parent / "outside"
    outside.mkdir()
    (project.root / "src").symlink_to(outside)
    with project.refuses(ManagerError) as refusal:
        project.build()
    assert refusal.messages == [f"src: This symlink leads out of the project: {outside}."]


def test_what_the_manager_keeps_is_no_additional_folder(project: Project) -> None:
    project.deploy(additional_dirs=[{"src": ".container-manager/x", "dst": "x"}])
    project.write(".container-manager/x/a")
    with project.refuses(ManagerError) as refusal:
        project.build()
    assert "the source '.container-manager/x' lies in the private folder." in refusal.text


def test_copy_src_without_metadata(project: Project) -> None:
    project.deploy(copy_src=True)
    project.write("src/a.py")
    project.build()
    assert [path for path in project.built() if "repo_src" in path] == [f"{WEB}/repo_src/a.py"]


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
@pytest.mark.parametrize(
    ("what", "message", "remedy"),
    [
        ("folder", "This is no file.", "Remove it, or put a file in its place."),
        ("nowhere", "This symlink leads nowhere.", "Mend or remove it."),
        ("..", "This symlink leads out of the project: ", "Put what it leads to in its place."),
    ],
)
def test_metadata_that_is_no_file_of_the_project(
    project: Project, name: str, what: str, message: str, remedy: str
) -> None:
    project.deploy(copy_src=True)
    project.write("src/a.py")
    path = project.root / name
    if what == "folder":
        path.mkdir()
    elif what == "..":
        outside = project.root.parent / "outside"
        outside.write_text("x\n")
        path.symlink_to(outside)
    else:
        path.symlink_to(what)
    with project.refuses(ManagerError) as refusal:
        project.prepare()
    assert refusal.messages[0].startswith(f"{name}: {message}")
    assert refusal.remedies == [remedy]


def test_copy_src_that_leads_out_of_the_project(project: Project) -> None:
    project.deploy(copy_src=True)
    outside = project.root.parent / "outside"
    outside.mkdir()
    (project.root / "src").symlink_to(outside)
    with project.refuses(ManagerError) as refusal:
        project.prepare()
    assert refusal.messages == [f"src: This symlink leads out of the project: {outside}."]
    assert refusal.remedies == ["Put what it leads to in its place."]


def test_copy_src_without_src(project: Project) -> None:
    project.deploy(copy_src=True)
    with project.refuses(ManagerError) as refusal:
        project.prepare()
    (message,) = refusal.messages
    assert message.startswith("config.yml:")
    assert message.endswith(": framework.web has copy_src, but there is no folder src/.")
    assert refusal.remedies == [f"Create {project.root}/src, or set copy_src to false."]


def test_additional_dirs_in_both_forms(project: Project) -> None:
    outside = project.root.parent / "outside"
    outside.mkdir()
    (outside / "far.txt").write_text("far")
    project.deploy(
        additional_dirs=[
            "docs",
            "one.txt",
            "conf/deep",
            {"src": "external_data", "dst": "data/x"},
            {"src": "one.txt", "dst": "renamed.txt"},
            {"src": "../outside", "dst": "outside"},
            {"src": str(outside), "dst": "absolute"},
            {"src": "docs/", "dst": "./twice/"},
        ]
    )
    project.files(
        {
            "docs/a/b.md": "{{ as it is }}",
            "docs/t.j2": "{{ as it is }}",
            "one.txt": "one",
            "conf/deep/c.yml": "c",
            "external_data/d.bin": b"\x00",
        }
    )
    project.build()
    found = {path.removeprefix(f"{WEB}/") for path in project.built() if WEB in path}
    assert found == {
        "config.yml", "docker-compose.yml", "docs/a/b.md", "docs/t.j2", "one.txt",
        "conf/deep/c.yml", "data/x/d.bin", "renamed.txt", "outside/far.txt", "absolute/far.txt",
        "twice/a/b.md", "twice/t.j2",
    }  # fmt: skip
    assert project.read(f"{OUT}/docs/t.j2") == "{{ as it is }}"


def test_a_source_that_contains_the_build_directory_skips_it(project: Project) -> None:
    project.deploy(additional_dirs=[{"src": ".", "dst": "everything"}])
    project.build()
    project.build()
    assert f"{WEB}/everything/config.yml" in project.built()
    assert not [path for path in project.built() if "everything/build" in path]


# --- the flattened configuration ------------------------------------------------------------------


def test_the_flattened_configuration_is_the_configuration(project: Project) -> None:
    project.deploy(more={"key": "${API_KEY}", "host": "${HOST}", "import": "more.yml"})
    project.write("more.yml", "extra: [1, 3.10]\nprice: $$5\n")
    environ = {"API_KEY": SECRET, "HOST": "h"}
    config = project.config(**environ)
    project.build(config)
    text = project.read(f"{OUT}/config.yml")
    assert "import" not in yaml.safe_load(text)
    again = project.config(f"{OUT}/config.yml", **environ)
    assert again.values == config.values
    assert "key: ${API_KEY}" in text


def test_a_services_own_fragment_makes_way_for_it(project: Project) -> None:
    project.files(
        {
            "services/docker-compose.yml.j2": "networks: {default: {}}\n",
            f"{WEB}/docker-compose.yml.j2": "services: {web: {image: localhost/web}}\n",
            f"{WEB}/config.yml": f"framework: {{services: {{web: {{path: {WEB}}}}}}}\n",
            "config.yml": f"import: {WEB}/config.yml\ndeployed_services: [web]\n",
        }
    )
    config = project.config()
    project.build()
    assert yaml.safe_load(project.read(f"{OUT}/config.yml")) == config.values


# --- symlinks -------------------------------------------------------------------------------------


def test_symlinks_within_a_service_are_kept(project: Project) -> None:
    folder = project.deploy()
    project.write(f"{WEB}/real/a.txt", "a")
    (folder / "link.txt").symlink_to("real/a.txt")
    (folder / "folder").symlink_to("real")
    (folder / "page.j2").symlink_to("real/a.txt")
    project.build()
    built = project.built()
    assert built[f"{WEB}/link.txt"].meaning[::2] == ("link", "real/a.txt")
    assert built[f"{WEB}/folder"].meaning[::2] == ("link", "real")
    assert built[f"{WEB}/page.j2"].meaning[::2] == ("link", "real/a.txt")


def test_a_symlink_to_a_file_elsewhere_in_the_project_is_followed(project: Project) -> None:
    folder = project.deploy()
    project.write("shared/a.txt", "a", 0o640)
    (folder / "link.txt").symlink_to("../../../shared/a.txt")
    project.build()
    assert project.built()[f"{WEB}/link.txt"].meaning[:2] == ("file", 0o640)
    assert project.read(f"{OUT}/link.txt") == "a"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere", "This symlink leads nowhere: nowhere."),
        ("link", "This symlink leads nowhere: link."),
        ("../../../../outside.txt", "This symlink leads out of the project: {parent}/outside.txt."),
        ("/etc/hostname", "This symlink leads out of the project: /etc/hostname."),
        (
            "../../../shared",
            "This symlink leads to a folder elsewhere, which would not come along.",
        ),
    ],
)
def test_a_symlink_that_would_not_mean_the_same(
    project: Project, target: str, message: str
) -> None:
    folder = project.deploy()
    project.write("shared/a.txt")
    (project.root.parent / "outside.txt").write_text("x")
    (folder / "link").symlink_to(target)
    with project.refuses(ManagerError) as refusal:
        project.prepare()
    assert refusal.messages == [f"{WEB}/link: {message.format(parent=project.root.parent)}"]


def test_what_is_no_file_is_told(project: Project) -> None:
    import os

    folder = project.deploy()
    os.mkfifo(folder / "pipe")
    with project.refuses(ManagerError) as refusal:
        project.prepare()
    assert refusal.messages == [f"{WEB}/pipe: This is neither a file, a folder nor a symlink."]


def test_a_name_that_is_not_utf8_is_told(project: Project) -> None:
    import os

    folder = project.deploy()
    (folder / os.fsdecode(b"caf\xe9")).write_text("x")
    with project.refuses(ManagerError) as refusal:
        project.prepare()
    assert refusal.messages[0].endswith(": The file's name is not UTF-8.")


# --- mistakes in templates ------------------------------------------------------------------------


def test_all_mistakes_of_all_templates_are_told_at_once(project: Project) -> None:
    project.deploy("one", "services:\n  one: {image: {{ imgae }}}\n", more={"image": "x"})
    project.deploy("two", "{% if %}\n", more={"image": "x"})
    project.write("services/framework/two/more.txt.j2", "a\nb\n{{ also_missing }}\n")
    project.write("services/docker-compose.yml.j2", "{{ nothing_here }}\n")
    with project.refuses(RenderError) as refusal:
        project.prepare()
    assert [message.partition(": ")[0] for message in refusal.messages] == [
        "services/docker-compose.yml.j2:1",
        "services/framework/one/docker-compose.yml.j2:2",
        "services/framework/two/docker-compose.yml.j2:1",
        "services/framework/two/more.txt.j2:3",
    ]
    assert "'imgae' is not defined in the configuration.\n  Did you mean 'image'?" in refusal.text


@pytest.mark.parametrize(
    ("template", "line", "why"),
    [
        ("services:\n  web: {image: {{ image }}\n", 2, "This is not valid YAML: "),
        ("# x\nservices:\n  web:\n    image: a\n    image: b\n", 5,
         "The key 'image' stands twice in this mapping."),
        ("- a\n", 1, "A compose file must be a mapping"),
        ("services: [a]\n", 1, "'services' must be a mapping"),
        ("services:\n  web: {image: x}\nvolumes: [a]\n", 3, "'volumes' must be a mapping"),
        ("services:\n  web: {image: x}\nnetworks: text\n", 3, "'networks' must be a mapping"),
    ],
)  # fmt: skip
def test_a_template_that_renders_to_no_compose_file(
    project: Project, template: str, line: int, why: str
) -> None:
    project.deploy(template=template, more={"image": "x: y"})
    with project.refuses(RenderError) as refusal:
        project.prepare()
    place = f"{WEB}/docker-compose.yml.j2"
    assert refusal.messages[0].startswith((f"{place}:{line}: ", f"{place}:{line - 1}: ", place))
    assert why in refusal.messages[0]


def test_the_line_of_the_template_is_told_not_that_of_the_result(project: Project) -> None:
    template = """
        {% for n in [1, 2, 3, 4] %}
        # comment {{ n }}
        {% endfor %}
        services:
          web:
            image: {{ image }}
    """
    project.deploy(template=template, more={"image": "a: b"})
    with project.refuses(RenderError) as refusal:
        project.prepare()
    assert refusal.messages[0].startswith(f"{WEB}/docker-compose.yml.j2:6: ")
    assert "(rendered: 'image: a: b')" in refusal.messages[0]


@pytest.mark.parametrize(
    ("template", "line", "why"),
    [
        (
            '{\n{# a comment\n #}\n"b": 1,\n"a": {{ image }}}', ":5",
            "The template renders to invalid JSON: Expecting value, in line 4, column 6 of the "
            "result.",
        ),
        ("[1]", "", "The template must render to a JSON object."),
        (
            "", ":1",
            "The template renders to invalid JSON: Expecting value, in line 1, column 1 of the "
            "result.",
        ),
        (
            '{"a": ' + "9" * 5_000 + "}", "",
            "The template renders to invalid JSON: Exceeds the limit (4300 digits) for integer "
            "string conversion: value has 5000 digits; use sys.set_int_max_str_digits() to "
            "increase the limit.",
        ),
    ],
)  # fmt: skip
def test_a_kernel_that_is_no_json(project: Project, template: str, line: str, why: str) -> None:
    project.deploy(render_kernel_templates=True, more={"image": "a text to keep unseen"})
    project.write(f"{WEB}/k/kernel.json.j2", template)
    with project.refuses(RenderError) as refusal:
        project.prepare()
    assert refusal.messages == [f"{WEB}/k/kernel.json.j2{line}: {why}"]
    assert "unseen" not in refusal.text


def test_a_template_that_is_not_utf8(project: Project) -> None:
    project.deploy(template=b"services: {web: {image: caf\xe9}}\n")
    with project.refuses(RenderError) as refusal:
        project.prepare()
    assert refusal.messages == [f"{WEB}/docker-compose.yml.j2:1: The file is not UTF-8 text."]


def test_no_root_template(project: Project) -> None:
    project.deploy()
    (project.root / "services/docker-compose.yml.j2").unlink()
    with project.refuses(RenderError) as refusal:
        project.prepare()
    assert refusal.text == (
        "services/docker-compose.yml.j2: The root template does not exist.\n"
        "  Create it; for a start: 'networks: {default: {}}'."
    )


def test_two_templates_that_define_one_compose_service(project: Project) -> None:
    project.deploy("one", "services:\n  db: {image: localhost/a}\n")
    project.deploy("two", "services:\n  x: {image: localhost/b}\n  db: {image: localhost/a}\n")
    with project.refuses(RenderError) as refusal:
        project.prepare()
    (message,) = refusal.messages
    assert message.startswith("services/framework/two/docker-compose.yml.j2:3: ")
    assert "'db' is defined twice" in message


def test_two_templates_that_disagree_on_a_volume(project: Project) -> None:
    project.deploy("one", "services: {a: {image: x}}\nvolumes:\n  data: {labels: {a: '1'}}\n")
    project.deploy("two", "services: {b: {image: x}}\nvolumes:\n  data: {labels: {a: '2'}}\n")
    with project.refuses(RenderError) as refusal:
        project.prepare()
    assert "data" in refusal.messages[0]
    assert refusal.messages[0].startswith("services/framework/two/docker-compose.yml.j2:")


# --- two sources, one path ------------------------------------------------------------------------


def test_two_services_that_write_one_path(project: Project) -> None:
    project.deploy("one", "services: {a: {image: localhost/a}}\n")
    config = json.loads(project.read("config.yml"))
    config["framework"]["services"]["two"] = {"path": "services/framework/./one"}
    config["deployed_services"].append("two")
    project.write("config.yml", json.dumps(config))
    with project.refuses(ManagerError) as refusal:
        project.prepare()
    assert "Two services want to write services/framework/one/docker-compose.yml: " in refusal.text
    assert "framework.one" in refusal.text
    assert "framework.two" in refusal.text
    assert "Give each service a folder of its own." in refusal.text


@pytest.mark.parametrize(
    ("path", "dst"),
    [
        ("page.txt.j2", None),
        ("docs/a.md", None),
        ("repo_src/x.py", None),
        ("x", "page.txt"),
        ("x", "config.yml"),
        ("x", "docker-compose.yml"),
        ("x", "repo_src/x.py"),
        ("x", "docs/a.md"),
        ("docs", None),
        ("repo_src", None),
        ("x", "page.txt/below"),
        ("x", "config.yml/below"),
    ],
)
def test_two_sources_of_one_service_that_want_one_path(
    project: Project, path: str, dst: str | None
) -> None:
    """Also where one wants a file, and the other a folder of the same name."""
    more = [{"src": "other", "dst": dst}] if dst else []
    project.deploy(copy_src=True, additional_dirs=["docs", *more])
    project.files({"docs/a.md": "x", "src/x.py": "x", "other": "x", f"{WEB}/page.txt": "x"})
    project.write(f"{WEB}/{path}", "x")
    with project.refuses(ManagerError) as refusal:
        project.build()
    (message,) = refusal.messages
    assert "want to be" in message
    assert refusal.remedies == ["Rename one of them."]


# --- secrets --------------------------------------------------------------------------------------


def test_placeholders_stay_for_the_provider(project: Project) -> None:
    template = "services:\n  web:\n    image: localhost/web\n    environment:\n      K: {{ key }}\n"
    project.deploy(template=template + "      U: ${USER_NAME}\n", more={"key": "${API_KEY}"})
    project.write(".env", f"API_KEY={SECRET}\nUSER_NAME=me\n")
    project.build()
    assert "K: ${API_KEY}" in project.read(f"{OUT}/docker-compose.yml")
    assert "U: ${USER_NAME}" in project.read(f"{OUT}/docker-compose.yml")
    everything = b"".join(
        path.read_bytes() for path in (project.root / "build").rglob("*") if path.is_file()
    )
    assert SECRET.encode() not in everything


def test_a_placeholder_in_another_rendered_file_is_told(project: Project) -> None:
    project.deploy(more={"key": "${API_KEY}"})
    project.write(f"{WEB}/app.ini.j2", "key={{ key }}\n")
    build = project.build(project.config(API_KEY=SECRET))
    assert project.read(f"{OUT}/app.ini") == "key=${API_KEY}\n"
    (warning,) = build.warnings
    assert str(warning) == (
        f"{WEB}/app.ini.j2: The rendered file holds the placeholder of a secret (API_KEY), "
        "which nobody fills in there.\n"
        "  Read the variable inside the container; give it to the service under 'environment'."
    )


def planted(secret: str) -> dict[str, str]:
    """A place for each way in which a value gets below the build directory."""
    return {
        f"{WEB}/copied.txt": f"x {secret} y",
        f"{WEB}/rendered.txt.j2": f"x {secret} y",
        "src/settings.py": f"KEY = '{secret}'",
        "docs/readme.md": f"use {secret}",
    }


def test_a_secret_in_a_name_or_in_what_a_symlink_leads_to_is_found(project: Project) -> None:
    folder = project.deploy()
    project.files({f"{WEB}/{SECRET}.txt": "x", ".env": f"API_KEY={SECRET}\n"})
    (folder / "link").symlink_to(f"{SECRET}.txt")
    with project.refuses(BuildError) as refusal:
        project.prepare()
    assert sorted(refusal.messages) == [
        f"{WEB}/{name}: The value of the secret API_KEY would be written to {WEB}/{name} "
        f"(the file {WEB}/{name})."
        for name in ("link", f"{SECRET}.txt")
    ]


@pytest.mark.parametrize(("value", "is_found"), [("8-letter", True), ("7-chars", False)])
def test_a_secret_is_looked_for_from_eight_characters_on(
    project: Project, value: str, is_found: bool
) -> None:
    project.deploy()
    project.files({f"{WEB}/a.txt": f"x {value} y", ".env": f"API_KEY={value}\n"})
    if is_found:
        with project.refuses(BuildError):
            project.prepare()
    else:
        project.prepare()


@pytest.mark.parametrize("place", [*planted(""), f"{WEB}/docker-compose.yml.j2"])
def test_a_planted_secret_is_found_and_nothing_is_written(project: Project, place: str) -> None:
    project.deploy(copy_src=True, additional_dirs=["docs"])
    project.files({"src/x.py": "x", "docs/x": "x", ".env": f"API_KEY={SECRET}\n"})
    compose = f"services: {{web: {{image: localhost/web, command: [{SECRET}]}}}}\n"
    project.write(place, planted(SECRET).get(place, compose))
    with project.refuses(BuildError) as refusal:
        project.prepare()
    assert SECRET not in refusal.text
    (message,) = refusal.messages
    assert message.startswith(
        f"{place}: The value of the secret API_KEY would be written to services/framework/web/"
    )
    assert refusal.remedies == [
        "Write ${API_KEY} where the value stands, and containers get it when they start; "
        "or choose a secret that is no ordinary word."
    ]


def test_a_secret_planted_in_the_configuration_is_told_with_its_key(project: Project) -> None:
    project.deploy(more={"title": SECRET})
    project.write(".env", f"API_KEY={SECRET}\n")
    with project.refuses(BuildError) as refusal:
        project.prepare()
    assert SECRET not in refusal.text
    (message,) = refusal.messages
    assert message.startswith("config.yml:")
    assert message.endswith(": 'title' holds the value of the secret API_KEY.")
    assert refusal.remedies == [
        "Write ${API_KEY} where the value stands, and containers get it when they start; "
        "or choose a secret that is no ordinary word."
    ]


@pytest.mark.parametrize(
    ("secret", "written"),
    [
        ("pa$$word-long", "pa$$$$word-long"),
        ("pa$word-long", "pa$$word-long"),
        ('quo"te-long', 'quo\\"te-long'),
        ("quo'te-long", "quo''te-long"),
        ("café-secret", "caf\\u00e9-secret"),
        ("two\nlines-long", "two\\nlines-long"),
    ],
)
def test_a_secret_is_found_in_the_spellings_of_files(
    project: Project, secret: str, written: str
) -> None:
    project.deploy()
    project.write(f"{WEB}/file.txt", f"<{written}>")
    project.write("config.yml", project.read("config.yml")[:-2] + ', "k": "${API_KEY}"}')
    with project.refuses(BuildError) as refusal:
        project.prepare(project.config(API_KEY=secret))
    assert refusal.messages[0].startswith(f"{WEB}/file.txt: The value of the secret API_KEY")


def test_a_secret_at_the_edge_of_what_is_read_at_once(project: Project) -> None:
    project.deploy()
    project.write(".env", f"API_KEY={SECRET}\n")
    for offset in range(0, len(SECRET) + 1, 5):
        content = b"x" * ((1 << 20) - offset) + SECRET.encode() + b"y"
        project.write(f"{WEB}/large-{offset}.bin", content)
    with project.refuses(BuildError) as refusal:
        project.prepare()
    assert len(refusal.messages) == len(range(0, len(SECRET) + 1, 5))


def test_only_secrets_that_somebody_uses_are_looked_for(project: Project) -> None:
    project.deploy(more={"title": "a-common-value", "n": "${NOTE}"})
    project.build(project.config(UNUSED_KEY="a-common-value", NOTE="x"))


def test_a_variable_of_the_shell_that_is_not_utf8_is_no_trouble(project: Project) -> None:
    project.deploy(more={"a": "1"})
    template = "services: {web: {image: localhost/web, environment: {K: '${ODD_KEY}'}}}\n"
    project.write(f"{WEB}/docker-compose.yml.j2", template)
    project.prepare(project.config(ODD_KEY="caf\udce9-secret", OTHER="\udce9"))


# --- parts of a build -----------------------------------------------------------------------------


def two_services(project: Project) -> None:
    for name in ("one", "two"):
        project.deploy(name, f"services: {{{name}: {{image: localhost/x}}}}\n", copy_src=True)
        project.write(f"services/framework/{name}/f.txt", "first")
    project.write("src/a.py")


def test_one_service_alone(project: Project) -> None:
    two_services(project)
    project.build()
    project.write("services/framework/one/f.txt", "second")
    project.write("services/framework/two/f.txt", "second")
    (project.root / "src/a.py").unlink()
    project.build(only=["one"])
    built = project.built()
    assert project.read("build/services/framework/one/f.txt") == "second"
    assert project.read("build/services/framework/two/f.txt") == "first"
    assert "services/framework/one/repo_src/a.py" not in built
    assert "services/framework/two/repo_src/a.py" in built


def test_an_unknown_service_alone(project: Project) -> None:
    two_services(project)
    with project.refuses(ConfigError) as refusal:
        project.prepare(only=["ones"])
    assert refusal.text == "There is no service 'ones'.\n  Did you mean 'one'?"


def test_assets_alone(project: Project) -> None:
    two_services(project)
    project.build(steps=ASSET_STEPS)
    assert sorted(project.built()) == [
        "services/framework/one/repo_src/a.py",
        "services/framework/two/repo_src/a.py",
    ]


def test_kernels_alone_leave_the_rest_as_it_is(project: Project) -> None:
    project.deploy(render_kernel_templates=True)
    project.write(f"{WEB}/k/kernel.json.j2", '{"a": 1}')
    project.write(f"{WEB}/f.txt", "first")
    project.build()
    project.write(f"{WEB}/f.txt", "second")
    project.write(f"{WEB}/k/kernel.json.j2", '{"a": 2}')
    project.build(steps=("kernels",))
    assert project.read(f"{OUT}/f.txt") == "first"
    assert project.read(f"{OUT}/k/kernel.json") == '{"a": 2}'


# --- the plan -------------------------------------------------------------------------------------


def test_a_plan_says_what_would_change_and_why_and_does_nothing(project: Project) -> None:
    project.deploy()
    project.write(f"{WEB}/a.txt", "first")
    project.write(f"{WEB}/b.txt", "first")
    before = project.tree()
    plan = pipeline.plan(project.prepare())
    assert project.tree() == before
    assert {(change.action, change.path) for change in plan.pending} == {
        ("write", "services/docker-compose.yml"),
        ("write", f"{WEB}/a.txt"),
        ("write", f"{WEB}/b.txt"),
        ("write", f"{WEB}/config.yml"),
        ("write", f"{WEB}/docker-compose.yml"),
    }
    project.build()
    project.write(f"{WEB}/a.txt", "second")
    (project.root / f"{WEB}/b.txt").unlink()
    project.write(f"{WEB}/c.sh", "x")
    plan = pipeline.plan(project.prepare())
    assert [(change.action, change.path, change.reason) for change in plan.pending] == [
        ("remove", f"{WEB}/b.txt", "nothing asks for it"),
        ("replace", f"{WEB}/a.txt", f"the file {WEB}/a.txt"),
        ("write", f"{WEB}/c.sh", f"the file {WEB}/c.sh"),
    ]


def test_a_config_yml_of_the_services_own_gives_way_with_a_warning(project: Project) -> None:
    project.deploy()
    project.write(f"{WEB}/config.yml", "mine: 1\n")
    build = project.build()
    assert "mine" not in project.read(f"{OUT}/config.yml")
    (warning,) = build.warnings
    assert warning.message == (
        "This file is replaced by the flattened configuration in the service's build folder."
    )


def test_a_template_that_a_symlink_leads_to(project: Project) -> None:
    folder = project.deploy()
    project.write("shared/settings.ini.j2", "name = {{ project_name }}\n")
    (folder / "settings.ini.j2").symlink_to(project.root / "shared/settings.ini.j2")
    prepared = project.prepare()
    assert prepared.outputs[f"{WEB}/settings.ini"].reason == ("the template shared/settings.ini.j2")
    project.build()
    assert project.read(f"{OUT}/settings.ini") == "name = lab\n"
