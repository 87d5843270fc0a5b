"""Lessons about fields: which one of a created object an argument takes, by what is served.

`hive` may take the `slug` of a hive, its `code` or its `name`. An owner's call that is served says
which; one that is refused makes another field the next to be tried.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from crosstalk.core.object_kinds import IDENTIFYING_FIELDS


@dataclass(slots=True)
class FieldLessons:
    """Lessons that the examples of a campaign share."""

    _served: Counter[tuple[str, str]] = field(default_factory=Counter)
    _refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    _takes: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))

    def learn(self, argument: str, of: str, kind: str, *, served: bool) -> None:
        """Note how a call was answered that named an own object.

        Args:
            argument: Name of the argument.
            of: Field under which the system had shown the value.
            kind: Of the object that had it.
            served: Whether the call was served.
        """
        (self._served if served else self._refused)[argument, of] += 1
        if served:
            self._takes[argument].add((of, kind))

    def takes(self, argument: str, of: str, kind: str) -> bool:
        """Return whether an argument has taken such a field of such an object."""
        return (of, kind) in self._takes[argument]

    def likeliest(self, argument: str, fields: Iterable[str]) -> str:
        """Return the field to give next: one that was served, else the least refused one."""
        return min(
            dict.fromkeys(fields),
            key=lambda each: (
                -self._served[argument, each],
                self._refused[argument, each],
                each != argument,
                IDENTIFYING_FIELDS.index(each.lower())
                if each.lower() in IDENTIFYING_FIELDS
                else len(IDENTIFYING_FIELDS),
            ),
            default="",
        )
