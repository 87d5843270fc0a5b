"""Lessons about fields: which one of a created object an argument takes, by what is served.

`hive` may take the `slug` of a hive, its `code` or its `name`. An owner's call that is served says
which; one that is refused makes another field the next to be tried.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from crosstalk.core.object_kinds import IDENTIFYING_FIELDS, stem_of


@dataclass(slots=True)
class FieldLessons:
    """Lessons that the examples of a campaign share.

    Attributes:
        subject_fields: Fields under which answers name a user, e.g. `athlete`.
        revealed: Operation and argument that name what a list shows only after a deletion.
        kinds: Operation and argument to the kind of object that a refusal says is meant.
        shown: Words that answers showed under the name of a field, and how often.
        of_present: Operations that restore something inside an object that is there, e.g. a
            revision of a page, though by their names they take back what was removed.
    """

    subject_fields: set[str] = field(default_factory=set)
    revealed: set[tuple[str, str]] = field(default_factory=set)
    kinds: dict[tuple[str, str], str] = field(default_factory=dict)
    shown: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    of_present: set[str] = field(default_factory=set)
    _served: Counter[tuple[str, str]] = field(default_factory=Counter)
    _refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    # Field and kind of ids to the operations that show them.
    _sources: dict[tuple[str, str, str], None] = field(default_factory=dict)
    _sought: Counter[tuple[str, str]] = field(default_factory=Counter)
    _found: set[tuple[str, str]] = field(default_factory=set)
    # Operation and argument to the fields and kinds of own ids with which it was served.
    _taken: defaultdict[tuple[str, str], set[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    # Kind to the fields and kinds of ids that were served where one of it is named.
    _served_as: defaultdict[str, set[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    _takes: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))

    def note_source(self, of: str, kind: str, operation: str) -> None:
        """Note that an operation shows ids of that kind under that field."""
        self._sources[of, kind, operation] = None

    def known_sources(self) -> list[tuple[str, str, str]]:
        """Return field, kind and operation of all ids that were shown, in order."""
        return list(self._sources)

    def learn_search(self, operation: str, stored_as: str, *, found: bool) -> None:
        """Note whether a reading found anything by a text that had been stored as an argument."""
        self._sought[operation, stored_as] += 1
        if found:
            self._found.add((operation, stored_as))

    def search_order(self, operation: str, stored: Iterable[str]) -> list[str]:
        """Return arguments whose texts a reading may look for: what found something, then least.

        Args:
            operation: The reading.
            stored: Names of arguments under which texts were stored.
        """
        return sorted(
            dict.fromkeys(stored),
            key=lambda each: (
                (operation, each) not in self._found,
                self._sought[operation, each],
            ),
        )

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

    def note_taken(self, operation: str, argument: str, of: str, kind: str) -> None:
        """Note that a call was served which named an own object by an id of that field and kind."""
        self._taken[operation, argument].add((of, kind))

    def taken(self, operation: str, argument: str) -> set[tuple[str, str]]:
        """Return the fields and kinds of ids with which an operation was served."""
        return self._taken.get((operation, argument), set())

    def note_kind(self, wanted: str, of: str, kind: str) -> None:
        """Note that an id of that field and kind was served where another kind is named."""
        self._served_as[wanted].add((of, kind))

    def served_as(self, wanted: str) -> set[tuple[str, str]]:
        """Return the fields and kinds of ids that were served where an object of a kind is named.

        The `code` that `inspect_hive` gave is that of an inspection, as `show_inspection` takes it.
        """
        return self._served_as.get(wanted, set())

    def likeliest(self, argument: str, fields: Iterable[str]) -> str:
        """Return the field to give next: one that was served, else the least refused one."""
        return min(
            dict.fromkeys(fields),
            key=lambda each: (
                -self._served[argument, each],
                self._refused[argument, each],
                each != argument,
                _place(each),
            ),
            default="",
        )


def _place(field_name: str) -> int:
    """Return the place of a field among those by which objects are named: an id comes first."""
    name = field_name.lower()
    if name in IDENTIFYING_FIELDS:
        return IDENTIFYING_FIELDS.index(name)
    return 0 if stem_of(name) != name else len(IDENTIFYING_FIELDS)
