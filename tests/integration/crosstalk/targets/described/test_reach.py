"""What is reached by answers and refusals alone: leaks behind ids, lists, histories and times."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crosstalk.core.verdict import InconclusiveKind
from tests.integration.crosstalk.targets.described.describing import campaign, toml

SERVER = Path(__file__).with_name("depot_server.py")
LEAKS = [
    ("month", "rest:GET /months/{month}"),
]
# Run by `long` alone; what `find` and `compare` leak is not found yet.
LATER = [
    ("worker", "rest:GET /jobs"),
    ("start", "rest:POST /plans/{id}/start"),
    ("file", "rest:GET /file"),
    ("restore", "rest:POST /pages/{slug}/restore"),
    ("mark", "rest:POST /marks"),
    ("back", "rest:POST /bin/{ref}/back"),
]


def depot(folder: Path, *leaks: str) -> Path:
    """Describe the depot with some of its leaks."""
    command = [sys.executable, str(SERVER), "{port}", ",".join(leaks)]
    file = folder / "crosstalk.toml"
    file.write_text(
        f'[start]\ncommand = {toml(command)}\n[rest]\nopenapi = "http://127.0.0.1:{{port}}'
        '/openapi.json"\npublic = ["GET /kinds"]\n[identity]\nby = ["bearer"]\ntoken = "t-{user}"\n'
    )
    return file


def test_every_operation_of_a_sound_depot_is_served(tmp_path: Path) -> None:
    result = campaign(depot(tmp_path), calls=400, seed=1)
    assert result.findings == []
    kinds = (InconclusiveKind.NOT_SERVED, InconclusiveKind.NOT_TRIED)
    assert [each.where for each in result.inconclusive if each.kind in kinds] == []


@pytest.mark.parametrize(
    ("leak", "operation"),
    [*LEAKS, *(pytest.param(*each, marks=pytest.mark.long) for each in LATER)],
)
def test_leak_that_only_a_reached_operation_shows_is_found(
    tmp_path: Path, leak: str, operation: str
) -> None:
    result = campaign(depot(tmp_path, leak), calls=700, seed=1)
    assert operation in {each.operation for each in result.findings}
