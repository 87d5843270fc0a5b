"""Choice of the environment by the name that a person gives on the command line."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal, TypeAlias

from crosstalk.environment.backends.attached import AttachedEnvironment, Attachment
from crosstalk.environment.backends.containers import ContainerEnvironment
from crosstalk.environment.backends.options import ProcessOptions
from crosstalk.environment.backends.processes import ProcessEnvironment
from crosstalk.environment.backends.running import RunningSystem
from crosstalk.environment.runtime.errors import EnvironmentFailed

Kind: TypeAlias = Literal["processes", "containers", "attached"]


def chosen_environment(
    kind: Kind, options: ProcessOptions, attachment: Attachment | None = None
) -> AbstractContextManager[RunningSystem]:
    """Make the environment of a kind.

    Args:
        kind: Processes here, containers here, or a system that runs already.
        options: The system to start.
        attachment: The system that runs already.

    Raises:
        EnvironmentFailed: The kind and the rest do not go together.
    """
    if kind == "attached":
        if attachment is None:
            raise EnvironmentFailed(
                "nothing to attach to: name the file that `crosstalk env` wrote with --attach"
            )
        return AttachedEnvironment(attachment)
    if attachment is not None:
        raise EnvironmentFailed("--attach is for --environment attached alone")
    return ProcessEnvironment(options) if kind == "processes" else ContainerEnvironment(options)
