"""Starts and stops a system to be verified: as processes here, or attached where it runs."""

from harness.environment.attached import AttachedEnvironment, AttachedOptions, AttachedSystem
from harness.environment.errors import EnvironmentFailed
from harness.environment.interface import Environment, Running
from harness.environment.options import DataAccess, ProcessOptions
from harness.environment.pooler import Pooler
from harness.environment.processes import ProcessEnvironment
from harness.environment.running import RunningProcesses
from harness.environment.wiring import locate_system

__all__ = [
    "AttachedEnvironment",
    "AttachedOptions",
    "AttachedSystem",
    "DataAccess",
    "Environment",
    "EnvironmentFailed",
    "Pooler",
    "ProcessEnvironment",
    "ProcessOptions",
    "Running",
    "RunningProcesses",
    "locate_system",
]
