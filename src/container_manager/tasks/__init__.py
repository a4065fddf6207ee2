"""The invoke tasks: thin doors onto :mod:`container_manager.verbs`, a module for each kind.

A project's own ``tasks.py`` needs one line: ``from container_manager.tasks import namespace``.
A new task is a function of ten lines in the module of its kind, and a name in its ``TASKS``.
"""

from __future__ import annotations

from invoke import Collection

from container_manager.tasks import (
    around,
    building,
    bundling,
    daily,
    data,
    inside,
    kube,
    looking,
    machine,
    running,
    scaffolding,
    seeing,
    watching,
)

namespace = Collection(
    "container_manager",
    *building.TASKS,
    *looking.TASKS,
    *seeing.TASKS,
    *running.TASKS,
    *daily.TASKS,
    *inside.TASKS,
    *around.TASKS,
    *watching.TASKS,
    *data.TASKS,
    *bundling.TASKS,
    *scaffolding.TASKS,
    *machine.TASKS,
)
namespace.add_collection(kube.collection)
