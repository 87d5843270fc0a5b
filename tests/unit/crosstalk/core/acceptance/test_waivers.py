"""Waivers: a file that people read and edit, and whose mistakes are named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crosstalk.core.acceptance.waivers import Waiver, read_waivers, waiver_file, write_waivers
from crosstalk.core.errors import HarnessError

FIRST = Waiver("a" * 32, 'known as "T-1" \\ café\n\x7f', date(2027, 1, 31), "canary", "mcp:get")
SECOND = Waiver("b" * 32, "later", date(2027, 2, 1), accepted=date(2026, 11, 28))


def test_waivers_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    write_waivers(file, [FIRST])
    write_waivers(file, [SECOND])
    first, second = read_waivers(file)
    assert first.reason == FIRST.reason.replace("\x7f", "\\x7f")
    assert (first.until, first.operation, first.oracle) == (FIRST.until, "mcp:get", "canary")
    assert second == SECOND


def test_adding_keeps_what_people_have_written(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text("# ours\n" + FIRST.dump())
    write_waivers(file, [SECOND])
    assert file.read_text().startswith("# ours\n")


def test_a_second_waiver_of_a_finding_takes_the_place_of_the_first(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    write_waivers(file, [FIRST, SECOND])
    again = Waiver("a" * 32, "once more", date(2028, 1, 1))
    write_waivers(file, [again])
    assert read_waivers(file) == (SECOND, again)


def test_waivers_lie_beside_the_description_of_the_target() -> None:
    assert waiver_file(Path("servers/crosstalk.toml")) == Path("servers/crosstalk-waivers.toml")
    assert waiver_file(None) == Path("crosstalk-waivers.toml")
    assert read_waivers(Path("nothere.toml")) == ()


def test_the_last_day_is_accepted_and_the_next_is_not() -> None:
    assert not FIRST.expired(date(2027, 1, 31))
    assert FIRST.expired(date(2027, 2, 1))


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("[[waiver", "is not TOML"),
        ("[waiver]\n", "two brackets"),
        ("[waivers]\n", r"holds \[\[waiver\]\] alone"),
        ("waiver = [1]\n", r"\[\[waiver\]\]"),
        ('[[waiver]]\nreason = "x"\nuntil = 2027-01-01\n', "`fingerprint` is missing"),
        ('[[waiver]]\nfingerprint = "a"\nreason = " "\nuntil = 2027-01-01\n', "`reason`"),
        ('[[waiver]]\nfingerprint = "a"\nreason = "x"\n', "2027-01-31"),
        ('[[waiver]]\nfingerprint = "a"\nreason = "x"\nuntil = "2027-01-01"\n', "without quotes"),
        ('[[waiver]]\nfingerprint = "a"\nreason = "x"\nuntil = 2027-01-01T00:00:00\n', "`until`"),
        ('[[waiver]]\nfingerprint = "a"\nreason = "x"\nuntill = 2027-01-01\n', "'until'"),
        (FIRST.dump() + FIRST.dump(), "two waivers"),
    ],
)
def test_a_wrong_file_is_named_with_what_to_do(tmp_path: Path, text: str, remedy: str) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(text)
    with pytest.raises(HarnessError, match=remedy):
        read_waivers(file)
