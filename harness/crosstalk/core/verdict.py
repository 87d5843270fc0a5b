"""What a run comes to: verdicts, findings, and the positive controls behind a clean one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from crosstalk.core.script import Script

Verdict = Literal["clean", "leak", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something crossed.

    Attributes:
        oracle: The oracle that fired.
        operation: The operation whose answer shows it.
        actors: Who took part, in order of appearance.
        summary: One sentence: what reached whom.
        script: The calls that show it; shrunk once it has replayed.
        replay: Path of the saved replay file, if saved.
        confirmed: True once a replay on fresh subjects showed it again.
    """

    oracle: str
    operation: str
    actors: tuple[str, ...]
    summary: str
    script: Script
    replay: str | None = None
    confirmed: bool = False


@dataclass(slots=True)
class Control:
    """Positive controls of one operation: a clean result counts only where these are not zero.

    Attributes:
        calls: Calls made.
        own_reads: Answers in which callers saw values of their own, or did to their own object
            what they asked for.
        foreign_attempts: Calls that carried another user's id, or no valid credential.
        answered: Calls of users that were answered with a result.
        foreign_arguments: Parameter to how many calls carried something of another user in it.
        oracles: Oracle name to how often it could have fired.
    """

    calls: int = 0
    own_reads: int = 0
    foreign_attempts: int = 0
    answered: int = 0
    oracles: dict[str, int] = field(default_factory=dict)
    foreign_arguments: dict[str, int] = field(default_factory=dict)

    def add(self, other: Control) -> None:
        """Count `other` in."""
        self.calls += other.calls
        self.own_reads += other.own_reads
        self.foreign_attempts += other.foreign_attempts
        self.answered += other.answered
        for name, count in other.oracles.items():
            self.oracles[name] = self.oracles.get(name, 0) + count
        for name, count in other.foreign_arguments.items():
            self.foreign_arguments[name] = self.foreign_arguments.get(name, 0) + count
