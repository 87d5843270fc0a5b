"""Ids that belong together: one answer held them, or one was asked for by the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TypeAlias

from crosstalk.core.history import Call
from crosstalk.core.object_kinds import kind_named, kind_of_field
from crosstalk.generator.values.harvested import ID_FIELD, Harvested, names_one

# A kind of object, and a number.
_Number: TypeAlias = tuple[str, str]


class SeenTogether:
    """Notes with which others an id was seen."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, set[str]] = defaultdict(set)
        # A number belongs with another where it was seen inside it, or asked for by it.
        self._numbers: set[tuple[_Number, _Number]] = set()

    def note(self, value: str, others: Collection[str]) -> None:
        """Note that an id, which names one object only, was seen with these."""
        self._ids[value].update(others)

    def note_number(
        self,
        call: Call,
        path: str,
        item: Harvested,
        found: Sequence[tuple[str, str]],
        *,
        has_id: bool,
    ) -> None:
        """Note with which other numbers one belongs: those asked for, those it stands inside.

        Args:
            call: What answered with it.
            path: Where it stood in the answer.
            item: The number, its field and its kind.
            found: All that the answer held, each after its path.
            has_id: Whether what the answer tells of has an id itself.
        """
        mine = (item.kind, item.value)
        for name, value in call.arguments.items():
            if isinstance(value, str | int) and names_one(str(value)):
                asked = (kind_named(name, call.operation), str(value))
                self._numbers.add((mine, asked))
        holder = path.rpartition(".")[0]
        for other, value in found:
            outside = other.rpartition(".")[0]
            inside = holder != outside and f"{holder}.".startswith(f"{outside}." if outside else "")
            if inside and names_one(value) and ID_FIELD.search(other.rpartition(".")[2]):
                kind = kind_of_field(other, call.operation, has_id=has_id)
                self._numbers.add((mine, (kind, value)))

    def related(
        self, kind: str, values: Sequence[str], chosen: Sequence[tuple[str, str]]
    ) -> Sequence[str]:
        """Return those of `values` that belong with all `chosen`; if none does, all.

        Args:
            kind: Of the values.
            values: Ids.
            chosen: Other ids of the call, each after its kind, which is empty where unknown.
        """
        return self.belonging(kind, values, chosen) or values

    def belonging(
        self, kind: str, values: Sequence[str], chosen: Sequence[tuple[str, str]]
    ) -> Sequence[str]:
        """Return those of `values` that were seen together with all `chosen`, as `related` does."""
        return [
            each
            for each in values
            if all(
                other in self._ids[each]
                or each in self._ids[other]
                or self._beside((kind, each), (other_kind, other))
                for other_kind, other in chosen
            )
        ]

    def _beside(self, one: _Number, other: _Number) -> bool:
        """Return whether two numbers were seen together, in either order."""
        return any(
            (_same(first, one) and _same(second, other))
            or (_same(first, other) and _same(second, one))
            for first, second in self._numbers
        )


def _same(seen: _Number, asked: _Number) -> bool:
    """Return whether a number that was seen is the one asked for, and of that kind."""
    return seen[1] == asked[1] and (not asked[0] or not seen[0] or asked[0] in seen[0])
