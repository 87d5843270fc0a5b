"""Which environment a command starts the reference system in, by the name that a person gives."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal, TypeAlias

from harness.environment.composed import Attachment, ComposedEnvironment
from harness.environment.containers import ContainerEnvironment
from harness.environment.errors import EnvironmentFailed
from harness.environment.options import ProcessOptions
from harness.environment.processes import ProcessEnvironment
from harness.environment.running import RunningSystem

Kind: TypeAlias = Literal["processes", "containers", "attached"]


def chosen_environment(
    kind: Kind, options: ProcessOptions, attachment: Attachment | None = None
) -> AbstractContextManager[RunningSystem]:
    """The environment of that kind.

    Args:
        kind: Processes here, containers here, or what runs already.
        options: What to start.
        attachment: What runs already.

    Raises:
        EnvironmentFailed: The kind and the rest do not go together.
    """
    if kind == "attached":
        if attachment is None:
            raise EnvironmentFailed(
                "nothing to attach to: name the file that `crosstalk env` wrote with --attach"
            )
        return ComposedEnvironment(attachment)
    if attachment is not None:
        raise EnvironmentFailed("--attach is for --environment attached alone")
    return ProcessEnvironment(options) if kind == "processes" else ContainerEnvironment(options)
