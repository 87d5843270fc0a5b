"""Names of findings: a number, a fingerprint, its beginning, or a replay file."""

from __future__ import annotations

import pytest

from crosstalk.core.acceptance.naming import is_fingerprint, named_finding
from crosstalk.core.errors import HarnessError

FINDINGS: list[dict[str, str | None]] = [
    {"fingerprint": "abcdef" + "0" * 26, "replay": "runs/1.json"},
    {"fingerprint": "abcdef" + "1" * 26, "replay": None},
]


@pytest.mark.parametrize(
    ("name", "number"),
    [("1", 0), ("2", 1), ("abcdef0", 0), ("ABCDEF1", 1), ("runs/1.json", 0)],
)
def test_a_name_means_one_finding(name: str, number: int) -> None:
    assert named_finding(name, FINDINGS, "run") is FINDINGS[number]


@pytest.mark.parametrize("name", ["0", "3", "abcdef", "abc", "beef00", "runs/2.json"])
def test_a_name_of_none_or_several_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(HarnessError, match=r"run (has 2 findings|; it has)|of run; it has"):
        named_finding(name, FINDINGS, "run")


def test_a_whole_fingerprint_needs_no_run() -> None:
    assert is_fingerprint("a" * 32)
    assert not is_fingerprint("a" * 31)
