"""Starts and stops a system to be verified: as processes, as containers, or attached to one."""

from harness.environment.attached import AttachedEnvironment, AttachedOptions, AttachedSystem
from harness.environment.choice import Kind, chosen_environment
from harness.environment.composed import Attachment
from harness.environment.containers import ContainerEnvironment
from harness.environment.errors import EnvironmentFailed
from harness.environment.interface import Environment, Running
from harness.environment.options import ONE_CONNECTION, DataAccess, ProcessOptions
from harness.environment.pooler import Pooler
from harness.environment.processes import ProcessEnvironment
from harness.environment.running import RunningSystem
from harness.environment.wiring import locate_system

__all__ = [
    "ONE_CONNECTION",
    "AttachedEnvironment",
    "AttachedOptions",
    "AttachedSystem",
    "Attachment",
    "ContainerEnvironment",
    "DataAccess",
    "Environment",
    "EnvironmentFailed",
    "Kind",
    "Pooler",
    "ProcessEnvironment",
    "ProcessOptions",
    "Running",
    "RunningSystem",
    "chosen_environment",
    "locate_system",
]
