"""The ids of a user's that an argument takes, by its name, its kind and what it was served with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import (
    IDENTIFYING_FIELDS,
    called_kind,
    is_of_kind,
    is_plain,
    is_relation,
    kind_before,
    kind_named,
    noun_of,
    singular,
)
from crosstalk.generator.values.field_lessons import FieldLessons
from crosstalk.generator.values.harvested import (
    Harvested,
    admits,
    fits,
    identifies,
    is_called,
    is_of,
    says_no_kind,
)
from crosstalk.surface.operation import Parameter, Role


@dataclass(slots=True)
class KeptIds:
    """Ids that users have received and names that they have chosen, by which objects are named.

    Attributes:
        ids: User to (kind, value) to id. A number may name several objects of one user, each of
            another kind; the kind of any other value is empty here.
        labels: User to value to name that the user gave to an object.
        names: User to (argument, name that the user has chosen by it).
        gone: Ids whose owner was told that they are not there.
    """

    ids: defaultdict[str, dict[tuple[str, str], Harvested]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    labels: defaultdict[str, dict[str, Harvested]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    names: defaultdict[str, dict[tuple[str, str], None]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    gone: set[str] = field(default_factory=set)

    def items(self, user: str) -> list[Harvested]:
        """Return the ids and names of a user's objects."""
        return [*self.ids[user].values(), *self.labels[user].values()]


@dataclass(frozen=True, slots=True)
class FittingIds:
    """Chooses among what users have received.

    Attributes:
        kept: What they have received.
        lessons: What was learnt about the fields that arguments take.
    """

    kept: KeptIds
    lessons: FieldLessons

    def of(self, user: str, parameter: Parameter, operation: str, *, guess: bool) -> list[str]:
        """Return ids of a user's that fit a parameter, oldest first.

        Args:
            user: Who has received them.
            parameter: Takes one.
            operation: Whose parameter it is.
            guess: Whether any id may do where no user has one that fits.
        """
        name = last_name(parameter.name)
        if parameter.many:
            name = name.removesuffix("s")
        if parameter.role is Role.NAME:
            known = self.kept.names[user]
            same = [chosen for argument, chosen in known if argument == name]
            seen = [each.value for each in self.kept.ids[user].values() if each.field == name]
            return same or seen or [chosen for _, chosen in known]
        kind = kind_named(parameter.name, operation)
        if is_plain(name) and not parameter.many:
            # What a habit is stacked on is a habit.
            kinds = [kind, *([singular(noun_of(operation))] if is_relation(name) else [])]
            # A `project_name` is what a project was called.
            kinds += filter(None, [called_kind(name)])
            return self._under_plain_name(user, parameter, name, kinds, guess=guess)
        taken = self.lessons.taken(operation, parameter.name)
        served = [
            each.value
            for each in self.kept.ids[user].values()
            if (each.field, each.kind) in taken
            and each.value not in self.kept.gone
            and admits(parameter, each.value)
        ]
        if served and says_no_kind(name):
            # A `code` is what was one before, and not a slug that stood beside it in prose.
            return list(dict.fromkeys(served))
        # An `id` is of many kinds: one of another kind is taken where none of this one is known.
        ways: list[tuple[Callable[[Harvested, str, str], bool], str]] = [(fits, kind)]
        told = self.lessons.kinds.get((operation, parameter.name), "")
        if told and told != kind:
            ways.insert(0, (is_of, told))
        if says_no_kind(name):
            ways.append((is_called, kind))
        elif parameter.many:
            # The `order` of questions lists questions.
            ways.append((fits, singular(noun_of(operation))))
        if is_relation(name):
            # The `parent_id` of a formula is a formula's.
            ways.append((fits, singular(noun_of(operation))))
        if (told_by_address := kind_before(parameter.name, operation)) not in ("", kind):
            # A `/plan/{meal_id}` is what `POST /plan` has made, whatever that calls it.
            ways.append((fits, told_by_address))
        for suits, wanted in ways:
            fitting = {
                owner: list(
                    dict.fromkeys(
                        each.value
                        for each in items.values()
                        if each.value not in self.kept.gone
                        and suits(each, name, wanted)
                        and admits(parameter, each.value)
                    )
                )
                for owner, items in self.kept.ids.items()
            }
            if any(fitting.values()):
                return fitting.get(user, [])
        if as_one := self._served_as(user, parameter, kind):
            return as_one
        # An address says of what kind a code in it is.
        addressed = f"{{{parameter.name}}}" in operation
        named = name.lower() in IDENTIFYING_FIELDS and not (parameter.many or addressed)
        if named and (only := self._only_kind()):
            # Where there are objects of one kind alone, a code is that of one of them.
            return [
                each.value
                for each in self.kept.ids[user].values()
                if each.kind == only
                and identifies(each.field)
                and each.value not in self.kept.gone
                and admits(parameter, each.value)
            ]
        if not guess:
            return []
        # A URI is not an id, nor an id a URI.
        wants_uri = name.lower().endswith("uri")
        return list(
            dict.fromkeys(
                each
                for _, each in self.kept.ids[user]
                if ("://" in each) is wants_uri
                and admits(parameter, each)
                and each not in self.kept.gone
            )
        )

    def _served_as(self, user: str, parameter: Parameter, kind: str) -> list[str]:
        """Return a user's ids of fields and kinds that were served where one of a kind is named."""
        served = self.lessons.served_as(kind) if kind else set()
        return list(
            dict.fromkeys(
                each.value
                for each in self.kept.ids[user].values()
                if (each.field, each.kind) in served
                and each.value not in self.kept.gone
                and admits(parameter, each.value)
            )
        )

    def _only_kind(self) -> str:
        """Return the kind of all objects that any user was shown; empty where there are several."""
        kinds = {
            each.kind
            for items in self.kept.ids.values()
            for (kind, value), each in items.items()
            if identifies(each.field) and not (kind and ("", value) in items)
        }
        return kinds.pop() if len(kinds) == 1 else ""

    def _under_plain_name(
        self, user: str, parameter: Parameter, name: str, kinds: Sequence[str], *, guess: bool
    ) -> list[str]:
        """Return what names a user's objects of a kind: all values of one of the fields.

        Args:
            user: Whose objects.
            parameter: Takes one.
            name: Of the parameter.
            kinds: What it may be of: of the first of them of which anything is known.
            guess: Whether any object may do where none of these is known.
        """

        def fitting(owner: str, kind: str) -> list[Harvested]:
            return [
                each
                for each in self.kept.items(owner)
                if each.value not in self.kept.gone
                and admits(parameter, each.value)
                and (
                    each.field == name
                    or self.lessons.takes(name, each.field, each.kind)
                    or (identifies(each.field) and is_of_kind(each.kind, kind))
                )
            ]

        known: dict[str, list[Harvested]] = {}
        for kind in kinds:
            known = {
                owner: fitting(owner, kind) for owner in {user, *self.kept.ids, *self.kept.labels}
            }
            if any(known.values()):
                break
        if not any(known.values()):
            # `show_inspection` has taken the code that `inspect_hive` gave.
            as_one = self._served_as(user, parameter, kinds[0])
            if as_one or not guess:
                return as_one
            any_kind = [each for each in self.kept.items(user) if "://" not in each.value]
            known = {user: [each for each in any_kind if admits(parameter, each.value)]}
        field = self.lessons.likeliest(name, (one.field for of in known.values() for one in of))
        return list(dict.fromkeys(one.value for one in known[user] if one.field == field))
