"""What ``new`` refuses: one line, what to do, and nothing is left behind."""

from __future__ import annotations

import signal
import textwrap

import pytest
from tests.conftest import Project
from tests.scaffold.making import (
    CONFIG,
    listening,
    refused,
    repository_with,
)
from tests.scaffold.small_template import FILES, git

from container_manager import __version__, verbs
from container_manager.errors import (
    ConfigError,
    InterruptedByUser,
    ManagerError,
    PreconditionError,
)


class TestRefusals:
    """One line, what to do, exit code 2, and nothing is there that was not there before."""

    @pytest.mark.parametrize(
        "name", ["Web", "a.b", "../web", "..", "framework...", "w b", "1a", "a--b", "-a", "web/x",
                 "applications..web", "applications.B.web", "framework.a.b", "ü", "web\n"],
    )  # fmt: skip
    def test_bad_names(self, lab: Project, name: str) -> None:
        with refused(lab) as said:
            verbs.new(name=name)
        assert said[0] == f"{name!r} is no name for a service."
        assert len(said) == 2

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("all", "'all' is reserved."),
            ("default", "'default' is reserved."),
        ],
    )
    def test_reserved_names(self, lab: Project, name: str, message: str) -> None:
        with refused(lab) as said:
            verbs.new(name=name)
        assert said == [message, "  Give another 'name'."]

    @pytest.mark.parametrize("name", ["run-log", "run_log", "framework.run_log",
                                      "applications.x.run-log"])  # fmt: skip
    def test_names_of_other_services(self, lab: Project, name: str) -> None:
        verbs.new(name="run-log")
        with refused(lab) as said:
            verbs.new(name=name)
        assert said[0].startswith("services/run-log/service.yml:1:")
        assert f"The name '{name.rpartition('.')[2]}' is taken by the service services.run-log."\
            in said[0]  # fmt: skip
        assert len(said) == 2

    def test_names_of_compose_services(self, lab: Project) -> None:
        verbs.new(name="web")
        lab.write(
            "services/web/docker-compose.yml.j2",
            "services:\n  web: {image: localhost/x}\n  web-db: {image: localhost/x}\n",
        )
        with refused(lab) as said:
            verbs.new(name="web_db")
        assert said[0] == (
            "services/web/docker-compose.yml.j2:3: The name 'web_db' is taken by "
            "the compose service 'web-db' of services.web."
        )

    @pytest.mark.parametrize("kind", ["folder", "empty folder", "file", "broken link"])
    def test_what_is_there(self, lab: Project, kind: str) -> None:
        place = lab.root / "services/web"
        match kind:
            case "folder":
                lab.write("services/web/mine.txt")
            case "empty folder":
                place.mkdir()
            case "file":
                lab.write("services/web")
            case _:
                place.symlink_to("nowhere")
        with refused(lab) as said:
            verbs.new(name="web")
        assert said[0] == "services/web: This is there already, and nothing is ever overwritten."

    def test_a_port_of_another_service(self, lab: Project) -> None:
        verbs.new(name="first", data=["port=18200"])
        with refused(lab) as said:
            verbs.new(name="second", data=["port=18200"])
        assert said[0] == (
            "Port 18200 is taken by the service services.first "
            "(services/first/docker-compose.yml.j2:5)."
        )
        assert said[1].startswith("  Choose another port: --data port=")

    def test_a_port_of_another_program(self, lab: Project) -> None:
        with listening() as taken, refused(lab) as said:
            verbs.new(name="web", data=[f"port={taken}"])
        assert said[0] == f"Port {taken} is taken by another program of this machine."

    def test_a_port_that_the_template_chose_itself(self, lab: Project) -> None:
        verbs.new(name="first", data=["port=18200"])
        repository_with(
            lab,
            "template/service/docker-compose.yml.j2.jinja",
            'services: {[[ name ]]: {image: localhost/x, ports: ["127.0.0.1:18200:80"]}}\n',
        )
        with refused(lab) as said:
            verbs.new(name="framework.second")
        assert said[0].startswith("Port 18200 is taken by the service services.first")
        assert not (lab.root / "services/framework").exists()

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (["port=65536"], "A port is a number from 0 to 65535."),
            (["port=-1"], "A port is a number from 0 to 65535."),
            (["port=high"], "'port' must be a whole number, not 'high'."),
            (["prot=1"], "The template container-manager does not ask for 'prot'."),
            (["here=x"], "The template container-manager does not ask for 'here'."),
            (["name=x"], "'name' follows from the name of the service."),
            (["port"], "--data takes QUESTION=VALUE, not 'port'."),
            (["port=1", "port=2"], "--data answers 'port' twice, and differently."),
            (["kind=job"], "--kind and --data kind=… say different things."),
            (["network=https://a:secret@b"],
             "The answer 'network' looks like a secret, and answers are recorded."),
            (["network=ghp_0123456789abcdefghij"],
             "The answer 'network' looks like a secret, and answers are recorded."),
            (["network=a\udcff"], "The answer 'network' holds bytes that are no text in UTF-8."),
            (["logged=maybe"], "'logged' must be yes or no, not 'maybe'."),
        ],
    )  # fmt: skip
    def test_bad_answers(self, lab: Project, data: list[str], message: str) -> None:
        with refused(lab) as said:
            verbs.new(name="web", kind="web", data=data)
        assert said[0] == message
        assert len(said) <= 2

    def test_a_near_match_is_told(self, lab: Project) -> None:
        with refused(lab) as said:
            verbs.new(name="web", kind="wep")
        assert said == ["'kind' cannot be 'wep'.", "  Did you mean 'web'?"]
        with refused(lab) as said:
            verbs.new(name="web", data=["networks=x"])
        assert said[1] == "  Did you mean 'network'?"

    def test_a_missing_name(self, lab: Project) -> None:
        with refused(lab) as said:
            verbs.new()
        assert said == ["The new service needs a name.", "  Write it: new NAME, or --name NAME."]

    def test_a_missing_answer(self, lab: Project) -> None:
        asking = FILES["copier.yml"].replace("network: {type: str, default: unnamed}",
                                             "owner: {type: str}")  # fmt: skip
        repository_with(lab, "copier.yml", textwrap.dedent(asking))
        with refused(lab) as said:
            verbs.new(name="web")
        assert said == [
            "The template asks for 'owner', which has no default.",
            "  Give it: --data owner=VALUE.",
        ]

    def test_a_fragment_that_nothing_imports(self, lab: Project) -> None:
        lab.write("config.yml", CONFIG.replace("- services/framework/*/service.yml\n", ""))
        with refused(lab, ConfigError) as said:
            verbs.new(name="framework.web")
        assert said == [
            "config.yml:2:1: The configuration does not import services/framework/web/service.yml.",
            "  Add to this list: - services/framework/*/service.yml",
            f"So {lab.root}/services/framework/web was not made.",
        ]

    def test_a_template_without_a_fragment(self, lab: Project) -> None:
        git(lab.root.parent / "template", "rm", "--quiet", "template/service/service.yml.jinja")
        repository_with(lab, "template/service/notes.txt", "Nothing.\n")
        with refused(lab, ConfigError) as said:
            verbs.new(name="web")
        assert said == [
            "The template container-manager made no service.yml, so nothing defines services.web.",
            "  A template of services has to make one that defines and deploys them.",
            f"So {lab.root}/services/web was not made.",
        ]

    def test_a_service_that_the_project_removes(self, lab: Project) -> None:
        removed = "deployed_services: {remove: [services.web]}"
        lab.write("config.yml", CONFIG.replace("deployed_services: []", removed))
        with refused(lab, ConfigError) as said:
            verbs.new(name="web")
        assert "services.web would not be deployed." in said[0]

    def test_a_service_that_does_not_render(self, lab: Project) -> None:
        repository_with(lab, "template/service/docker-compose.yml.j2.jinja",
                        "services: {[[ name ]]: {image: {{ nobody.knows }}}}\n")  # fmt: skip
        with refused(lab, ManagerError) as said:
            verbs.new(name="applications.lab.web")
        assert said[0].startswith("services/applications/lab/web/docker-compose.yml.j2:1: ")
        assert said[-1] == f"So {lab.root}/services/applications/lab/web was not made."
        assert not (lab.root / "services/applications").exists()

    def test_a_broken_project_is_to_be_mended_first(self, lab: Project) -> None:
        verbs.new(name="web")
        lab.write("services/web/docker-compose.yml.j2", "services: {{ nothing }}\n")
        with refused(lab, ManagerError) as said:
            verbs.new(name="second")
        assert said[0].startswith("services/web/docker-compose.yml.j2:1: ")

    def test_a_template_for_a_newer_library(self, lab: Project) -> None:
        repository_with(
            lab,
            "template/service/[[ _copier_conf.answers_file ]].jinja",
            "[[ dict(_copier_answers, _library='70') | to_nice_yaml -]]\n",
        )
        with refused(lab, ConfigError) as said:
            verbs.new(name="web")
        assert said == [
            f"This was made for container-manager 70 or newer; {__version__} is installed.",
            "  Upgrade it: pip install --upgrade 'container-manager>=70'.",
        ]

    def test_an_answer_that_only_services_take(self, lab: Project) -> None:
        of_services = "kind:\n  type: str\n  when: \"[[ make == 'service' ]]\""
        text = textwrap.dedent(FILES["copier.yml"]).lstrip("\n")
        repository_with(lab, "copier.yml", text.replace("kind:\n  type: str", of_services))
        with refused(lab) as said:
            verbs.new("config.yml", project="../made", data=["application=scan"])
        assert said == ["'application' is not asked for this.", "  Leave it out."]
        assert not (lab.root.parent / "made").exists()

    def test_one_at_a_time(self, lab: Project) -> None:
        from container_manager.scaffold.placing import alone

        with alone(lab.root), refused(lab, PreconditionError) as said:
            verbs.new(name="web")
        assert "Another command is making something" in said[0]

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_nothing_stays_when_it_is_interrupted_at_the_end(
        self, lab: Project, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        from container_manager.scaffold import verifying

        def interrupted(*_: object) -> None:
            assert (lab.root / "services/framework/web/service.yml").exists()
            signal.raise_signal(number)

        monkeypatch.setattr(verifying, "works", interrupted)
        with pytest.raises(InterruptedByUser, match=r"^Interrupted: nothing was made\.$"):
            verbs.new(name="framework.web")
        assert not (lab.root / "services/framework").exists()
        assert [path.name for path in (lab.root / "services").iterdir()] == [
            "docker-compose.yml.j2"
        ]
