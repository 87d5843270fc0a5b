"""Starts and stops the reference system: as processes, as containers, or attached to one."""

from crosstalk.environment.backends.attached import Attachment
from crosstalk.environment.backends.choice import Kind, chosen_environment
from crosstalk.environment.backends.containers import ContainerEnvironment
from crosstalk.environment.backends.options import (
    NO_PACE,
    ONE_CONNECTION,
    DataAccess,
    ProcessOptions,
)
from crosstalk.environment.backends.processes import ProcessEnvironment
from crosstalk.environment.backends.running import RunningSystem
from crosstalk.environment.backends.secrets_shown import secrets_in_logs, secrets_of
from crosstalk.environment.parts.pgbouncer import Pooler
from crosstalk.environment.parts.sources import locate_system, require_system_packages
from crosstalk.environment.runtime.errors import EnvironmentFailed

__all__ = [
    "NO_PACE",
    "ONE_CONNECTION",
    "Attachment",
    "ContainerEnvironment",
    "DataAccess",
    "EnvironmentFailed",
    "Kind",
    "Pooler",
    "ProcessEnvironment",
    "ProcessOptions",
    "RunningSystem",
    "chosen_environment",
    "locate_system",
    "require_system_packages",
    "secrets_in_logs",
    "secrets_of",
]
