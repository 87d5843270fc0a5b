"""What needs a container engine, and the one image that these tests use."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstalk.environment.backends.container import LABEL, ContainerScope
from crosstalk.environment.runtime.engine import engine_client, engine_problem
from crosstalk.environment.runtime.guard import Guard, remove_labelled

IMAGE = "postgres:17"


@pytest.fixture(scope="session")
def engine() -> None:
    """An engine that has the image; a test pulls nothing."""
    problem = engine_problem()
    if problem is not None:
        pytest.skip(f"no container engine: {problem}")
    with engine_client() as client:
        if not client.images.list(filters={"reference": IMAGE}):
            pytest.skip(f"the engine has no {IMAGE} (docker pull {IMAGE})")


@pytest.fixture
def scope(engine: None) -> Iterator[ContainerScope]:
    """A network of the test's own; nothing of it outlives the test."""
    run = f"test-{secrets.token_hex(4)}"
    found = ContainerScope(run, f"crosstalk-{run}")
    with engine_client() as client:
        client.networks.create(found.network, labels={LABEL: run})
    yield found
    remove_labelled(found.label, wait=False)


@pytest.fixture
def guard() -> Iterator[Guard]:
    """A guard that has nothing to remove."""
    watching = Guard()
    yield watching
    watching.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a container's output goes."""
    return tmp_path / "container.log"
