"""Difference of two runs: findings that appeared or went, and what is no longer reached.

A check that could have fired in the older run and could not in the newer one is a loss although
nothing was found: what is no longer looked for is not found either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crosstalk.core.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class RunDifference:
    """Findings and coverage that differ in the newer of two runs.

    Attributes:
        appeared: Findings (entries of `findings[]`) that the older run has not.
        gone: Findings that the newer run has not, although it looked for them.
        not_looked_for: Findings that the newer run has not, and had no opportunity to see.
        stayed: Findings of both.
        lost: What the older run reached and the newer one does not, in words.
        gained: What only the newer run reached.
    """

    appeared: tuple[Mapping[str, Any], ...]
    gone: tuple[Mapping[str, Any], ...]
    not_looked_for: tuple[Mapping[str, Any], ...]
    stayed: tuple[Mapping[str, Any], ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]

    def exit_code(self) -> ExitCode:
        """Return 1 where a finding appeared, 3 where something is no longer reached, else 0."""
        if self.appeared:
            return ExitCode.FINDING
        return ExitCode.INCONCLUSIVE if self.lost or self.not_looked_for else ExitCode.CLEAN

    def to_json(self) -> dict[str, Any]:
        """Return plain data; the keys stay."""
        return {
            "exit_code": int(self.exit_code()),
            "appeared": [_short(each) for each in self.appeared],
            "gone": [_short(each) for each in self.gone],
            "not_looked_for": [_short(each) for each in self.not_looked_for],
            "stayed": [_short(each) for each in self.stayed],
            "no_longer_reached": list(self.lost),
            "newly_reached": list(self.gained),
        }


def difference(older: Mapping[str, Any], newer: Mapping[str, Any]) -> RunDifference:
    """Return the difference of two summaries of isolation runs."""
    before = {each["fingerprint"]: each for each in older["findings"]}
    after = {each["fingerprint"]: each for each in newer["findings"]}
    missing = [each for name, each in before.items() if name not in after]
    looked = [each for each in missing if _looked_for(newer, each)]
    was, now = dict.fromkeys(_reached(older)), dict.fromkeys(_reached(newer))
    return RunDifference(
        tuple(each for name, each in after.items() if name not in before),
        tuple(looked),
        tuple(each for each in missing if each not in looked),
        tuple(each for name, each in after.items() if name in before),
        tuple(_without_parts(name for name in was if name not in now)),
        tuple(_without_parts(name for name in now if name not in was)),
    )


def _looked_for(summary: Mapping[str, Any], finding: Mapping[str, Any]) -> bool:
    control = summary["controls"].get(finding["tool"]) or {}
    return bool((control.get("oracles") or {}).get(finding["oracle"]))


def _reached(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that a run reached: operations served, and what was tried at each."""
    for name, control in summary["controls"].items():
        if control.get("answered", control.get("calls")):
            yield name
        for oracle, count in (control.get("oracles") or {}).items():
            if count:
                yield f"{name}: oracle {oracle}"
    for name, arguments in (summary.get("coverage") or {}).items():
        for argument, count in arguments.items():
            if count:
                yield f"{name}: another user's id in {argument}"


def _without_parts(names: Iterator[str]) -> list[str]:
    """Return names without the parts of an operation that is among them itself."""
    found = list(names)
    whole = {name for name in found if ": " not in name}
    return sorted(name for name in found if name in whole or name.split(": ")[0] not in whole)


def _short(finding: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("fingerprint", "oracle", "tool", "summary", "severity", "replay")
    return {key: finding.get(key) for key in keys}
