"""The container engine: whether there is one, and its errors as messages of one line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crosstalk.environment.runtime.errors import EnvironmentFailed

if TYPE_CHECKING:
    from docker import DockerClient

_SECONDS = 20
INSTEAD = "start one, or use --environment processes, which needs none"


def require_engine() -> None:
    """Check that an engine answers and that its command is installed.

    Raises:
        EnvironmentFailed: It is not so; the message names the alternative.
    """
    problem = engine_problem()
    if problem is not None:
        raise EnvironmentFailed(f"containers need a Docker Engine: {problem}; {INSTEAD}")


def engine_problem() -> str | None:
    """Return the reason for which containers cannot be started here; None where they can."""
    try:
        import docker
        from docker.errors import DockerException
        from requests import RequestException
    except ImportError:
        return "its client is not installed (pip install 'crosstalk-harness[system]')"
    if shutil.which("docker") is None:
        return "there is no `docker` command"
    try:
        client = docker.from_env(timeout=_SECONDS)
        try:
            client.ping()
        finally:
            client.close()
    except (DockerException, RequestException, OSError) as error:
        return f"none answers ({_first_line(error)})"
    return None


@contextmanager
def engine_client() -> Iterator[DockerClient]:
    """Connect to the engine for as long as the block runs."""
    import docker

    client = docker.from_env()
    try:
        yield client
    finally:
        client.close()


@contextmanager
def engine_errors(what: str) -> Iterator[None]:
    """Turn the engine's errors into one of a single line.

    Args:
        what: The failure, for the message.

    Raises:
        EnvironmentFailed: The engine raised an error.
    """
    from docker.errors import DockerException
    from requests import RequestException

    try:
        yield
    except (DockerException, RequestException) as error:
        raise EnvironmentFailed(f"{what}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    said = str(getattr(error, "explanation", None) or error).splitlines() or [type(error).__name__]
    return said[0][:300]
