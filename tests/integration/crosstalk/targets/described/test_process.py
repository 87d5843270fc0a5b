"""What a described system is given for a run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from crosstalk.targets.described import opened_target
from tests.integration.crosstalk.targets.described.describing import describe


def test_path_of_the_targets_own_folder_is_public(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on systems whose temporary folders have long names.
    place = tmp_path / "zyxvpxvq6csfxvn_n0000000000000"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    file = describe(tmp_path, "stdio", "argument")
    with opened_target(file) as target:
        assert place.name in target.public_values
