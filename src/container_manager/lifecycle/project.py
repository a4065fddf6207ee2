"""A project that can be run: everything that the verbs need, found once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager import identity as labels
from container_manager.compose.finding import CHOICE, Finder
from container_manager.compose.overrides import Override, overrides_of
from container_manager.compose.providers import DEFAULT, Provider, child_environment
from container_manager.compose.trusting import Trust
from container_manager.config.defaults import as_in_compose
from container_manager.config.environment import Environment
from container_manager.config.loader import Config
from container_manager.config.proxies import HERE, proxy_variables, without_proxies
from container_manager.environments import backups_of
from container_manager.errors import Location
from container_manager.identity import Identity, load_identity, private_folder
from container_manager.lifecycle.trust import trust_of
from container_manager.model import Hook, Node, Service
from container_manager.podman.engine import Engine
from container_manager.podman.host import connect
from container_manager.podman.state import ContainerState
from container_manager.progress import Progress, Redactor, progress_here
from container_manager.run import ProcessRunner, Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the verbs work with.

    Attributes:
        name: the compose project's name.
        config_path: the configuration, absolute.
        root: its folder.
        state_dir: the private folder.
        environment: the variables.
        services: the deployed services by canonical name.
        engine: Podman.
        find_provider: finds what reads compose files; most verbs never ask.
        progress: where the verbs say what they do.
        redact: takes secrets out of what others print.
        adopt: whether a foreign stack of this name is taken over.
        defaults: what services get whose compose files are silent about it.
        overrides: the user's own compose files, laid over all others.
        configuration: the values, secrets as placeholders.
        named: where the configuration says ``project_name``; None where it does not.
        port_keys: finds the keys that give a service of ours a port, each with its place.
        keep_backups: how many automatic backups stay; 0: all.
        hooks: the user's own commands.
        trust: the certificates that image builds and containers trust besides the usual ones.
        find_outward: finds :attr:`outward`; most verbs reach no other machine.
    """

    name: str
    config_path: Path
    root: Path
    state_dir: Path
    environment: Environment
    services: Mapping[str, Service]
    engine: Engine
    find_provider: Callable[[], Provider]
    progress: Progress
    redact: Redactor
    adopt: bool = False
    defaults: Node | None = None
    overrides: tuple[Override, ...] = ()
    configuration: Mapping[str, Any] = field(default_factory=dict)
    named: Location | None = None
    port_keys: Callable[[str | None, int], Sequence[str]] = lambda _, __: ()
    keep_backups: int = 0
    hooks: tuple[Hook, ...] = ()
    trust: Trust | None = None
    find_outward: Callable[[], Mapping[str, str]] = dict

    @property
    def provider(self) -> Provider:
        """What reads compose files; looked for when it is asked for first.

        Raises:
            PreconditionError: it cannot be used.
        """
        return self.find_provider()

    @property
    def outward(self) -> Mapping[str, str]:
        """Further variables of calls that reach other machines: proxies, and which certificates.

        There may be the password of a proxy among them.
        """
        return self.find_outward()

    @property
    def backups_dir(self) -> Path:
        """The folder of its backups."""
        return backups_of(self.config_path)

    def identity(self, *, create: bool) -> Identity:
        """Who we are; only what starts or builds something makes an identity."""
        return load_identity(
            self.state_dir,
            project=self.name,
            config=self.config_path,
            create=create,
            adopt=self.adopt,
            named=self.named,
        )

    def containers(self) -> list[ContainerState]:
        """All containers of the compose project of our name, whoever made them."""
        return self.engine.containers(f"{labels.COMPOSE_PROJECT}={self.name}")


def open_project(
    config: Config,
    services: Sequence[Service] = (),
    *,
    runner: Runner | None = None,
    progress: Progress | None = None,
    adopt: bool = False,
    state_dir: Path | None = None,
) -> Project:
    """Find Podman for a configuration.

    Args:
        config: the configuration.
        services: the deployed services.
        runner: starts the processes.
        progress: where the verbs say what they do; None: on standard error.
        adopt: whether a foreign stack of this name is taken over.
        state_dir: the private folder, where it is not to be the configuration's.

    Raises:
        PreconditionError: Podman cannot be used.
    """
    runner = runner or ProcessRunner()
    public = without_proxies(child_environment(config.environment.public(), {}))
    state_dir = state_dir or config.state_dir
    private_folder(state_dir)
    host = connect(runner, state_dir, public)
    trust = trust_of(config, state_dir)
    engine = Engine(runner, host, public)
    finder = Finder(
        runner=runner,
        host=host,
        environ=engine.environ,
        choice=config.environment.process.get(CHOICE, ""),
        state_dir=state_dir,
    )
    wanted = str(config.values.get("compose_provider") or DEFAULT)
    referenced = {*config.referenced, *config.environment.process}
    return Project(
        name=config.project_name,
        config_path=config.path,
        root=config.root,
        state_dir=state_dir,
        environment=config.environment,
        services={service.name: service for service in services},
        engine=engine,
        find_provider=functools.cache(lambda: finder.find(wanted)),
        progress=progress or progress_here(),
        redact=Redactor(lambda: config.environment.secret_values(referenced).values()),
        adopt=adopt,
        defaults=as_in_compose(config.tree, config.values),
        overrides=overrides_of(config),
        configuration=config.values,
        named=config.origin("project_name"),
        port_keys=functools.partial(_port_keys, config, services),
        keep_backups=config.keep_backups,
        hooks=config.hooks,
        trust=trust,
        find_outward=functools.cache(lambda: _outward(config.environment, trust)),
    )


def _outward(environment: Environment, trust: Trust | None) -> dict[str, str]:
    """The variables of calls that reach other machines."""
    places = (environment.process, environment.dotenv, environment.supplied)
    variables = proxy_variables(*places, spare=HERE)
    return {**variables, "SSL_CERT_FILE": str(trust.bundle)} if trust else variables


def _port_keys(
    config: Config, services: Sequence[Service], owner: str | None, number: int
) -> list[str]:
    from container_manager.build.port_keys import port_keys  # only where a port is taken

    return port_keys(config, services, owner, number)
