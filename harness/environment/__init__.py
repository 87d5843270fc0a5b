"""Starts and stops a system to be verified: as processes here, or attached where it runs."""

from harness.environment.errors import EnvironmentFailed
from harness.environment.interface import Environment, Running
from harness.environment.processes import (
    ProcessEnvironment,
    ProcessOptions,
    RunningProcesses,
    locate_system,
)

__all__ = [
    "Environment",
    "EnvironmentFailed",
    "ProcessEnvironment",
    "ProcessOptions",
    "Running",
    "RunningProcesses",
    "locate_system",
]
