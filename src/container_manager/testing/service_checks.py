"""Checks that come for nothing: a class of tests that a test file makes its own by one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import pytest

from container_manager.build.trace import to_templates
from container_manager.discovery import select
from container_manager.errors import ManagerError, did_you_mean
from container_manager.testing.checks import RULES
from container_manager.testing.telling import failure

if TYPE_CHECKING:
    from container_manager.build.pipeline import Prepared
    from container_manager.errors import Problem
    from container_manager.testing.checks import Owner
    from container_manager.testing.projects import ProjectCopy

_RENDERS = "strict_rendering"
_ALL = "*"


class ServiceChecks:
    """What every service is to keep to; a test each, for each service.

    For example::

        class TestRules(ServiceChecks):
            services = ["framework.web"]
            exempt = {"health_check": "a batch of jobs, started by hand"}

    Attributes:
        services: names of services, as in ``deployed_services``; ``"*"`` means all of them, and
            the compose services of the root template.
        exempt: the name of a check -> why the services need not keep to it.
    """

    services: ClassVar[Sequence[str]] = ()
    exempt: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        known = (_RENDERS, *RULES)
        for name, reason in cls.exempt.items():
            if name not in known:
                near = did_you_mean(name, known) or f"There are: {', '.join(known)}."
                raise TypeError(f"{cls.__name__}.exempt names no check with {name!r}. {near}")
            if not reason.strip():
                raise TypeError(f"{cls.__name__}.exempt says no reason for {name!r}.")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test for each service."""
        if "service" in metafunc.fixturenames:
            if isinstance(self.services, str) or not self.services:
                raise pytest.UsageError(
                    f"{type(self).__name__}.services must be a list with at least one service."
                )
            metafunc.parametrize("service", self.services)

    def test_strict_rendering(self, service: str, project: ProjectCopy) -> None:
        """Every template renders, with no key undefined, to what Podman will take."""
        self._unless_exempt(_RENDERS)
        try:
            _meant(service, project.build().prepared)
        except ManagerError as error:
            raise failure(error, project) from None

    def test_schema(self, service: str, project: ProjectCopy) -> None:
        """The compose file has only keys that do something."""
        self._check("schema", service, project)

    def test_literal_secrets(self, service: str, project: ProjectCopy) -> None:
        """No secret is written out."""
        self._check("literal_secrets", service, project)

    def test_loopback_ports(self, service: str, project: ProjectCopy) -> None:
        """Ports are open to this machine alone."""
        self._check("loopback_ports", service, project)

    def test_health_check(self, service: str, project: ProjectCopy) -> None:
        """What goes on running has a health check."""
        self._check("health_check", service, project)

    def _check(self, rule: str, name: str, project: ProjectCopy) -> None:
        self._unless_exempt(rule)
        try:
            prepared = project.build().prepared
            services = _meant(name, prepared)
        except ManagerError:
            pytest.skip("it does not render; test_strict_rendering says why")
        found = [problem for service in services for problem in RULES[rule](service, prepared)]
        if found:
            problems = _in_templates(list(dict.fromkeys(found)), prepared)
            pytest.fail("\n".join(map(str, problems)), pytrace=False)

    def _unless_exempt(self, check: str) -> None:
        if check in self.exempt:
            pytest.skip(f"exempt: {self.exempt[check]}")


def _meant(name: str, prepared: Prepared) -> Sequence[Owner]:
    """The services that one name of ``services`` means; None: those of the root template."""
    if name == _ALL:
        return (None, *prepared.services)
    return select(prepared.services, prepared.config, [name])


def _in_templates(found: Sequence[Problem], prepared: Prepared) -> list[Problem]:
    """The same with the places of the templates; rendered lines are not told: they hold secrets."""
    traced = to_templates(found, prepared.rendered)
    return [replace(b, message=a.message) for a, b in zip(found, traced, strict=True)]
