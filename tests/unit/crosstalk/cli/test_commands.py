"""Complaints about options: the nearest value is named."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from crosstalk.cli.app import app


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["isolation", "--profile", "quik"], "did you mean 'quick'?"),
        (["isolation", "--pooler=pgbouncr"], "did you mean 'pgbouncer'?"),
        (["isolation", "--targt", "x"], "--target"),
        (["isolatio"], "Did you mean 'isolation'?"),
        (["isolation", "--profile", "zzzzz"], "is not one of quick, standard, deep"),
    ],
)
def test_wrong_option_is_answered_with_the_nearest(arguments: list[str], expected: str) -> None:
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert expected in " ".join(result.output.split())
