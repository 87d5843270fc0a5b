"""Knowledge of arguments from a campaign: values by schema, and refused optional ones.

A system that refuses a call for one odd optional argument never looks up any data. So
an operation is first called with what it requires, then with one optional argument more at a time;
one that made a call refused is left out, and tried again more and more seldom.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.values.catalogue import Catalogue
from crosstalk.generator.values.choice import Choice
from crosstalk.generator.values.field_lessons import FieldLessons
from crosstalk.generator.values.forms.amounts import given_amounts, sensible, takes_amounts
from crosstalk.generator.values.forms.moments import likely_moments, mostly_first, window_edge
from crosstalk.generator.values.forms.words import groups
from crosstalk.generator.values.refusals import (
    described_values,
    lessons,
    listed_values,
    named_in,
    repeated_in,
    usual_values,
)
from crosstalk.generator.values.schema_values import SchemaValues
from crosstalk.oracles.base import denies
from crosstalk.surface.capabilities import is_page_place, removes
from crosstalk.surface.operation import CONDITION, Operation, Parameter, Role
from crosstalk.surface.opposites import edits

# Stands for a marker, or for the end of one.
_PLACE = re.compile(r"\{(?:marker|end:\d+)\}")
# Parameters by which a call can be refused for its form; the others name users, objects and calls.
_FORMED = frozenset({Role.TEXT, Role.QUERY, Role.VALUE})
# Those of them that a change stores.
_SAID = frozenset({Role.TEXT, Role.VALUE})
# Parameters that may take what a public list shows.
_LISTED = frozenset({Role.VALUE, Role.REFERENCE})
# Calls with required arguments alone, all refused, after which optional ones may be what is needed.
_REFUSED_BARE = 3
_MOST_PATIENCE = 5
# Refusals of an operation that was never served after which other texts are tried.
_OFTEN = 4
# Counted off when a call is served: no later refusal makes the operation one that never was.
_SERVED_ONCE = 1_000_000
# Values by lessons that are tried for one argument before it is left alone.
_MOST_LESSONS = 8


@dataclass(slots=True)
class ArgumentKnowledge:
    """Knowledge about arguments that the examples and phases of a campaign share.

    Attributes:
        values: Values by schema.
        undrawn: (operation, parameter) to why no value could be drawn.
        seeds: (operation, parameter) to values that were accepted elsewhere, e.g. in a recording.
        fields: What was learnt about the fields of objects that arguments take.
        catalogue: What the system shows to every user.
        changed_first: Operation to the one that an object was changed by before it was served.
        amounts: Names of numbers that are stored with an object and taken from it.
    """

    values: SchemaValues = field(default_factory=SchemaValues)
    undrawn: dict[tuple[str, str], str] = field(default_factory=dict)
    seeds: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    fields: FieldLessons = field(default_factory=FieldLessons)
    catalogue: Catalogue = field(default_factory=Catalogue)
    changed_first: dict[str, str] = field(default_factory=dict)
    amounts: Collection[str] = frozenset()
    _learnt: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    _proven_values: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    _vain: Counter[tuple[str, str]] = field(default_factory=Counter)
    _accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    _refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    _served: Counter[str] = field(default_factory=Counter)
    # Operations that refused an honest call for something else than what it named.
    _too_much: set[str] = field(default_factory=set)
    _refused_bare: Counter[str] = field(default_factory=Counter)
    _in_vain: Counter[str] = field(default_factory=Counter)
    # Arguments that took the caller's own subject, though nothing says that they name a user.
    _of_subjects: set[tuple[str, str]] = field(default_factory=set)
    _all_given: set[str] = field(default_factory=set)
    # Arguments that have taken a value of a public list.
    _catalogued: set[tuple[str, str]] = field(default_factory=set)
    # Names by which something new was refused as not there: they name what there is.
    _not_new: set[tuple[str, str]] = field(default_factory=set)
    # Optional arguments that the refusal of a call without them spoke of.
    _missed: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def value(self, choice: Choice, operation: Operation, parameter: Parameter) -> Any:
        """Return a value of the parameter's schema; None where none can be drawn.

        A required argument without a value is left out: the call is made all the same, and what
        the system says of it is evidence.
        """
        known = self.known(choice, operation, parameter)
        if known is not None:
            return known
        values = likely_moments(parameter) or self.values.many(parameter.schema)
        if parameter.name in self._known_amounts(operation):
            # More than was stored is refused to its owner as well.
            values = sensible(operation, values)
        if values:
            edge = window_edge(operation, parameter, values)
            if edge is None and operation.reads_only and is_page_place(parameter):
                # A page that is not the first has nothing to show where little is stored.
                values = [min(values)] * len(values) + [*values] if _numbers(values) else values
            return choice.of(mostly_first(parameter, values)) if edge is None else edge
        why = self.values.why_none(parameter.schema)
        self.undrawn.setdefault((operation.name, parameter.name), why)
        return None

    def known(self, choice: Choice, operation: Operation, parameter: Parameter) -> Any:
        """Return a value that was accepted, or that a refusal asked for; None where there is none.

        What was accepted in a recording is given every other time, so that the schema's own values
        come up as well; in place of a text, which has a marker in it, only where that was refused.
        """
        place = operation.name, parameter.name
        learnt = self._learnt.get(place)
        if learnt:
            likely = self._proven_values.get(place) or learnt
            # What holds a marker tells whose it is, and two users' values from each other.
            marked = [each for each in likely if isinstance(each, str) and _PLACE.search(each)]
            return choice.of(marked or likely)
        if listed := self._listed(operation, parameter):
            return choice.of(listed)
        seeds = self.seeds.get(place) if parameter.role is not Role.TEXT else None
        return choice.of(seeds) if seeds and choice.coin() else None

    def lists(self, operation: Operation, parameter: Parameter) -> bool:
        """Return whether an argument can name what a refusal listed, or there is for every user."""
        learnt = self._learnt.get((operation.name, parameter.name))
        return bool(learnt or self._listed(operation, parameter))

    def listed_by_refusals(self, operation: Operation, parameter: Parameter) -> list[str]:
        """Return the values that a refusal listed for an argument: "sort is name or used"."""
        learnt = self._learnt.get((operation.name, parameter.name), ())
        # A refusal without a list is answered by what the argument's name says.
        guessed = usual_values(parameter.name)
        told = [each for each in learnt if each not in guessed]
        texts = [each for each in told if isinstance(each, str) and not _PLACE.search(each)]
        return texts if len(texts) == len(told) > 1 else []

    def _listed(self, operation: Operation, parameter: Parameter) -> list[Any]:
        """Return the entries of a catalogue that an argument takes."""
        # A text may say anything, until it is refused.
        closed = isinstance(parameter.schema, Mapping) and "enum" in parameter.schema
        takes = parameter.required and not closed and parameter.role in _LISTED
        asked = parameter.role is Role.TEXT and self.vain(operation)
        if not (takes or asked or (operation.name, parameter.name) in self._catalogued):
            return []
        listed = [
            value
            for each in self.catalogue.values(parameter.name, operation.name)
            if (value := _typed(each, parameter)) is not None
        ]
        return [*self.values.admitted(parameter.schema, listed)]

    def count(self, operation: Operation, answer: Answer) -> None:
        """Count a user's call, whatever it named, until one is served."""
        if answer.outcome is Outcome.OK:
            self._in_vain[operation.name] = -_SERVED_ONCE
        elif answer.outcome in (Outcome.ERROR, Outcome.REFUSED):
            self._in_vain[operation.name] += 1

    def note_subject(self, operation: Operation, parameter: Parameter) -> None:
        """Note that an argument took the caller's own subject, and something was shown."""
        self._of_subjects.add((operation.name, parameter.name))

    def takes_subject(self, operation: Operation, parameter: Parameter) -> bool:
        """Return whether an argument has taken the subject of a user."""
        return (operation.name, parameter.name) in self._of_subjects

    def vain(self, operation: Operation) -> bool:
        """Return whether users were refused an operation, and none was ever served."""
        return self._in_vain[operation.name] > 0

    def often_vain(self, operation: Operation) -> bool:
        """Return whether that was so several times: what else was tried has not served."""
        return self._in_vain[operation.name] >= _OFTEN

    def suggestions(self) -> dict[str, dict[str, list[Any]]]:
        """Return operation to argument to the values by which a refusal was overcome."""
        found: dict[str, dict[str, list[Any]]] = {}
        for (operation, parameter), values in sorted(self._proven_values.items()):
            found.setdefault(operation, {})[parameter] = values
        return found

    def optional(self, choice: Choice, operation: Operation) -> set[str]:
        """Return the optional arguments of one call: proven ones, and one that is not yet.

        What an object is refused without goes with whatever else of it is given.
        """
        chosen = self._optional(choice, operation)
        chosen |= self._edited(choice, operation, chosen)
        return chosen | {e.name for e in operation.parameters if e.needed_beside(chosen)}

    def _edited(self, choice: Choice, operation: Operation, chosen: Collection[str]) -> set[str]:
        """Return what an edit says of which all is optional: without any of it nothing changes."""
        said = [each for each in operation.parameters if each.role in _SAID]
        if not said or removes(operation) or not edits(operation):
            return set()
        if any(each.required or each.name in chosen for each in said):
            return set()
        names = [each.name for each in said]
        proven = [each for each in names if self._proven(operation.name, each)]
        untried = {each for each in names if not self._refused[operation.name, each]}
        return {choice.of(proven)} if proven else untried or {choice.of(names)}

    def _optional(self, choice: Choice, operation: Operation) -> set[str]:
        optional = [
            each
            for each in operation.parameters
            # An honest call without a condition is served; one that was made up is refused.
            if not each.required and each.name.lower() != CONDITION
        ]
        formed = [each.name for each in optional if each.role in _FORMED]
        chosen = {
            each.name
            for each in optional
            if each.role not in _FORMED
            and (choice.coin() or (self._refers_well(operation, each) and choice.coin()))
        }
        if not self._served[operation.name]:
            # Either nothing was tried yet, or the system asks for more than its schema says.
            chosen |= self._missed[operation.name]
            if operation.name in self._too_much:
                chosen |= self._known_amounts(operation)
            if self._refused_bare[operation.name] >= _REFUSED_BARE:
                chosen |= {name for name in formed if choice.coin()}
            return chosen
        if operation.name not in self._all_given and len(formed) > 1:
            # Most systems take them all: what is stored then has tags, places and remarks early.
            self._all_given.add(operation.name)
            return chosen | set(formed)
        proven = [name for name in formed if self._proven(operation.name, name)]
        always = self._missed[operation.name] | self._known_amounts(operation)
        if not operation.reads_only:
            # What is counted and kept by a word alone shows others where all give the same.
            always |= {each.name for each in optional if groups(each)}
        chosen |= {name for name in proven if name in always or choice.coin()}
        unproven = [name for name in formed if name not in proven]
        if unproven and choice.coin():
            name = choice.of(unproven)
            patience = min(self._refused[operation.name, name], _MOST_PATIENCE)
            if not patience or choice.number(1, 2**patience) == 1:
                chosen.add(name)
        return chosen

    def _refers_well(self, operation: Operation, parameter: Parameter) -> bool:
        """Return whether what is stored is known to take an own object there.

        What stands in a folder, an envelope or a project shows more than what stands alone.
        """
        stores = not (operation.reads_only or removes(operation))
        return stores and parameter.refers and self._accepted[operation.name, parameter.name] > 0

    def _known_amounts(self, operation: Operation) -> set[str]:
        """Return the arguments that say how much: of what takes some, once that was refused."""
        # It is asked for each value that is drawn, and most systems have none.
        if not self.amounts or (takes_amounts(operation) and operation.name not in self._too_much):
            return set()
        return given_amounts(operation, self.amounts)

    def _proven(self, operation: str, name: str) -> bool:
        accepted = self._accepted[operation, name]
        return accepted > 0 and accepted >= self._refused[operation, name]

    def learn(self, operation: Operation, arguments: Mapping[str, Any], answer: Answer) -> None:
        """Take in how an honest call was answered: one by a user, about what is theirs."""
        given = [
            each.name
            for each in operation.parameters
            if not each.required and each.role in _FORMED and each.name in arguments
        ]
        if answer.outcome is Outcome.OK:
            self._served[operation.name] += 1
            self._confirm(operation, arguments)
            self._note_catalogued(operation, arguments)
            self._accepted.update(
                (operation.name, each.name)
                for each in operation.parameters
                if each.name in given
                or (each.refers and not each.required and each.name in arguments)
            )
            return
        if answer.outcome not in (Outcome.ERROR, Outcome.REFUSED):
            return
        if denies(answer):
            # No object was found by what was given; the refusal may list those that there are.
            self._take_listed(operation, arguments, answer)
            self._note_not_new(operation, arguments)
            self._note_denied(operation, arguments, answer, given)
            return
        self._too_much.add(operation.name)
        if not given:
            self._refused_bare[operation.name] += 1
            left_out = [each.name for each in operation.parameters if not each.required]
            self._missed[operation.name].update(named_in(answer, left_out))
        self._take_lessons(operation, arguments, answer, given)
        unproven = self._unproven(operation, given)
        if len(unproven) > 1 and self._served[operation.name]:
            # Given all at once: it is not known which of them was refused.
            return
        # Where all have been accepted before, it was one of their values.
        self._refused.update((operation.name, name) for name in unproven or given)

    def _take_listed(
        self, operation: Operation, arguments: Mapping[str, Any], answer: Answer
    ) -> None:
        """Note the values that a denial lists: "unknown show; there are early, late"."""
        sent = [
            each
            for each in operation.parameters
            if each.name in arguments and each.role in (*_FORMED, Role.REFERENCE, Role.NAME)
        ]
        for name, values in listed_values(answer, sent).items():
            new = [each for each in values if each != arguments.get(name)]
            if new and not self._accepted[operation.name, name]:
                self._learnt[operation.name, name] = new

    def names_what_is_there(self, operation: Operation, parameter: Parameter) -> bool:
        """Return whether the name that a creating call gives is one of what there has to be."""
        return (operation.name, parameter.name) in self._not_new

    def _note_not_new(self, operation: Operation, arguments: Mapping[str, Any]) -> None:
        """Note the names in whose place nothing else that the call named can be missing.

        A roast takes a `sku`, as does the lot that it takes the coffee from.
        """
        if self._served[operation.name]:
            return
        given = [each for each in operation.parameters if each.name in arguments]
        if not any(each.role is Role.REFERENCE for each in given):
            names = [each for each in given if operation.chooses(each) and not each.many]
            self._not_new.update((operation.name, each.name) for each in names)

    def _unproven(self, operation: Operation, given: Sequence[str]) -> list[str]:
        """Return those of the given arguments of which no value was ever accepted."""
        return [name for name in given if not self._proven(operation.name, name)]

    def _note_denied(
        self,
        operation: Operation,
        arguments: Mapping[str, Any],
        answer: Answer,
        given: Sequence[str],
    ) -> None:
        """Count as refused the optional texts of which a denial says that they named nothing, where
        the call named nothing else: a note that says which one to see as well.
        """
        if not any(each.refers for each in operation.parameters if each.name in arguments):
            told = named_in(answer, self._unproven(operation, given))
            self._refused.update((operation.name, name) for name in told)

    def _note_catalogued(self, operation: Operation, arguments: Mapping[str, Any]) -> None:
        """Note the arguments that took what a public list shows, where other texts were refused."""
        if not self.vain(operation):
            return
        for each in operation.parameters:
            given = arguments.get(each.name)
            named = given[0] if isinstance(given, list) and given else given
            if str(named) in self.catalogue.values(each.name, operation.name):
                self._catalogued.add((operation.name, each.name))

    def _confirm(self, operation: Operation, arguments: Mapping[str, Any]) -> None:
        """Note which learnt values were accepted."""
        for each in operation.parameters:
            place, value = (operation.name, each.name), arguments.get(each.name)
            known = [one for one in self._learnt.get(place, ()) if _is_made_of(value, one)]
            proven = self._proven_values.setdefault(place, []) if known else []
            proven += [one for one in known[:1] if one not in proven]

    def _take_lessons(
        self,
        operation: Operation,
        arguments: Mapping[str, Any],
        answer: Answer,
        given: Sequence[str],
    ) -> None:
        """Note what a refusal asks for, of arguments whose values were never accepted."""
        formed = [
            each for each in operation.parameters if each.role in _FORMED or operation.chooses(each)
        ]
        unproven = self._unproven(operation, given)
        alone = [formed[0].name] if len(formed) == 1 and formed[0].name in arguments else []
        repeated = repeated_in(answer, {each.name: arguments.get(each.name) for each in formed})
        taught = lessons(answer, formed, repeated or unproven or alone)
        if not taught:
            # One of them is the reason, and its name may say what is meant.
            names = unproven or (
                [each.name for each in formed if each.required and each.name in arguments]
                if self._refused_bare[operation.name] > 1 and not self._served[operation.name]
                else []
            )
            schemas = {each.name: each.schema for each in formed}
            known = {
                n: self.seeds.get((operation.name, n))
                or [*described_values(schemas.get(n)), *usual_values(n)]
                for n in names
            }
            taught = {name: values for name, values in known.items() if values}
        for name, values in taught.items():
            place = operation.name, name
            if self._accepted[place] or self._vain[place] >= _MOST_LESSONS:
                continue
            said = arguments.get(name)
            if any(_is_made_of(said, each) for each in self._learnt.get(place, ())):
                # It was tried, and is not what is meant.
                self._vain[place] += 1
                left = [each for each in self._learnt[place] if not _is_made_of(said, each)]
                self._learnt[place] = left
                if left:
                    continue
            self._learnt[place] = [each for each in values if each != arguments.get(name)]


def _numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(each, int | float) for each in values)


def _is_made_of(value: Any, learnt: Any) -> bool:
    """Return whether a value is one that was learnt, or has a marker in the place for one."""
    if value == learnt:
        return True
    if not (isinstance(value, str) and isinstance(learnt, str) and _PLACE.search(learnt)):
        return False
    fixed = [re.escape(each) for each in _PLACE.split(learnt)]
    return re.fullmatch("[a-z0-9]+".join(fixed), value) is not None


def _typed(value: str, parameter: Parameter) -> Any:
    """Return a value of a public list in the type that the parameter takes."""
    schema = parameter.schema if isinstance(parameter.schema, Mapping) else {}
    if schema.get("type") in ("integer", "number"):
        return int(value) if value.isdecimal() else None
    return [value] if schema.get("type") == "array" else value
