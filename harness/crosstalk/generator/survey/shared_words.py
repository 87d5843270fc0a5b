"""Words that name what another user has: in a text that holds them, and for all that has them.

A text is followed to whoever has what it names, and a tag is renamed wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crosstalk.core.history import Actor, Call, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import noun_of, singular, thing_of
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, makers
from crosstalk.generator.examples.readings import detail, details_of
from crosstalk.generator.survey.alike import change_beside
from crosstalk.generator.values.forms.mentions import (
    Mention,
    mentions_told,
    usual_mentions,
)
from crosstalk.generator.values.forms.words import lists_words
from crosstalk.surface.capabilities import first_word, required_references
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.opposites import EDITS
from crosstalk.surface.patterns import admits

NAME = "shared words"
_LEAST_CALLS = 6
_MOST_KINDS, _MOST_TEXTS, _MOST_READINGS, _MOST_RENAMED = 2, 2, 4, 2
_WORDS = frozenset({Role.TEXT, Role.NAME, Role.VALUE})
_NAMES = ("name", "title", "slug", "key", "code", "label")
# Readings that put into a text what it names.
_FILLS_IN = re.compile(
    r"(?<![a-z])(?:render(?:ed)?|preview|expand(?:ed)?|compiled?|interpolated?|filled)(?![a-z])",
    re.IGNORECASE,
)
# By which a call says what is to be replaced by something else.
_OLD = frozenset({"old", "from", "current", "source", "before", "name"})


class SharedWordsPart:
    """Has the attacker mention what only the victim has, and rename what both have."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Make what was not made yet, where descriptions and operations speak of it.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example = users.example
        begun = example.state.executor.calls_made
        operations = example.capabilities.protected
        if not any(each.conversational for each in operations):
            told = mentions_told(str(each.extra.get("about") or "") for each in operations)
            fills_in = any(_FILLS_IN.search(each.name) for each in operations)
            kinds = {form.kind: None for form in told} or ({"": None} if fills_in else {})
            for kind in list(kinds)[:_MOST_KINDS]:
                if not users.spent(begun, most):
                    _mention(users, kind, [form for form in told if form.kind == kind])
        renaming = [each for each in operations if _renames_a_word(each)]
        for operation in renaming[:_MOST_RENAMED]:
            if not users.spent(begun, most):
                _rename(users, operation)


def _mention(users: Arrangement, kind: str, told: Sequence[Mention]) -> None:
    """Have the victim store what a text can name, and the attacker texts that name it: in the forms
    that descriptions tell, or else in the usual ones at once.
    """
    example = users.example
    storing = [*example.capabilities.creators, *makers(example)]
    named = [(each, name) for each in storing if (name := _name_of(each)) is not None]
    of_kind = [each for each in named if singular(noun_of(each[0].name)) == kind]
    # What is called by a name that its user chose is named by it sooner than what has a title.
    named.sort(key=lambda each: each[1].role is not Role.NAME)
    for making, name in (of_kind or ([] if kind else named))[:1]:
        made = users.use(making, users.victim)
        if made is None or not isinstance(made.arguments.get(name.name), str):
            return
        forms = told or usual_mentions(singular(noun_of(making.name)))
        mention = " ".join(form.of(made.arguments[name.name]) for form in forms)
        texts = [(each, some) for each in storing if (some := _room(each, making, mention))]
        for operation, some in texts[:_MOST_TEXTS]:
            if users.ended or not users.able(operation, users.attacker):
                continue
            said = dict(users.own(operation, users.attacker).arguments)
            said |= {each.name: f"{said.get(each.name, '')} {mention}".strip() for each in some}
            planned = PlannedCall(users.attacker, operation.name, said)
            for reading in _shown_by(users, example.execute(planned)):
                example.execute(reading)


def _name_of(operation: Operation) -> Parameter | None:
    """Return the argument by which what is stored is called, if there is one."""
    chosen = [each for each in operation.parameters if each.role is Role.NAME]
    called = [
        each
        for each in operation.parameters
        if each.role in _WORDS and last_name(each.name).lower() in _NAMES
    ]
    return next(iter([*chosen, *called]), None)


def _room(operation: Operation, making: Operation, mention: str) -> list[Parameter]:
    """Return the texts that can hold a mention; of what stores its name there are none."""
    if operation.name == making.name:
        return []
    name = _name_of(operation)
    return [
        each
        for each in operation.parameters
        if each.role is Role.TEXT and each is not name and admits(each.schema, mention)
    ]


def _shown_by(users: Arrangement, stored: Call) -> Iterator[PlannedCall]:
    """Yield the attacker's readings of what a call has stored."""
    example, attacker = users.example, users.attacker
    for named in sorted(stored.received):
        for each in details_of(example, attacker, named)[:_MOST_READINGS]:
            yield detail(example, each, attacker, named)


def _renames_a_word(operation: Operation) -> bool:
    """Return whether an operation replaces a word, e.g. a tag, wherever it stands."""
    acts = not (operation.reads_only or operation.conversational)
    if not acts or required_references(operation) or first_word(operation.name) not in EDITS:
        return False
    return _old_of(operation) is not None


def _old_of(operation: Operation) -> Parameter | None:
    """Return the argument that says which word is replaced; with it another one is given."""
    words = [each for each in operation.parameters if each.required and each.role in _WORDS]
    thing = thing_of(operation.name)

    def is_old(parameter: Parameter) -> bool:
        name = last_name(parameter.name).lower()
        return name in _OLD or name == thing or name.startswith(("old", "from_", "current"))

    return next(filter(is_old, words), None) if len(words) > 1 else None


def _rename(users: Arrangement, operation: Operation) -> None:
    """Have both users give the same word, and the attacker replace it, while the victim reads."""
    example, victim, attacker = users.example, users.victim, users.attacker
    old = _old_of(operation)
    giving = next(_giving(users, thing_of(operation.name)), None)
    if old is None or giving is None:
        return
    given, parameter = giving
    others = [each for each in required_references(given) if each.name != parameter.name]

    def has_others(actor: Actor) -> bool:
        asked = [(actor.name, each, given.name) for each in others]
        return all(example.pool.references(*each, guess=False) for each in asked)

    for actor in (victim, attacker):
        for each in () if has_others(actor) else (*example.capabilities.creators, *makers(example)):
            if each not in (given, operation):
                users.use(each, actor, tries=1)
    if users.ended or not (has_others(victim) and has_others(attacker)):
        return
    stored = example.execute(users.own(given, victim))
    said = stored.arguments.get(parameter.name)
    words = [said] if isinstance(said, str) else list(said or ())
    if stored.answer.outcome is not Outcome.OK or not words:
        return
    named = [str(stored.arguments[each.name]) for each in others] or sorted(stored.received)
    for one in named:
        for reading in details_of(example, victim, one)[:1]:
            example.execute(detail(example, reading, victim, one))
    own = users.own(given, attacker).arguments
    example.execute(PlannedCall(attacker, given.name, {**own, parameter.name: said}))
    change_beside(users, operation, {old.name: str(words[-1])}, str(words[-1]))


def _giving(users: Arrangement, thing: str) -> Iterator[tuple[Operation, Parameter]]:
    """Yield what gives an object a word of that kind, with the argument that holds it."""
    for operation in users.example.capabilities.protected:
        if operation.reads_only or operation.conversational or _renames_a_word(operation):
            continue
        for each in operation.parameters:
            name = singular(last_name(each.name.removesuffix("[]")))
            if name == thing and (lists_words(each) or each.role in _WORDS):
                yield operation, each
