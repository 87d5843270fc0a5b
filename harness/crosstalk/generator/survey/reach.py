"""Another's object, in every form in which a call can name it: each form once.

A check may look at the object that stands outside and not at the one inside it, at the first of a
list and not at the second, at the id and not at a text that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from crosstalk.core.history import Outcome, Probe
from crosstalk.core.identifiers import ELEMENT, last_name, markers_in
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, busiest
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.honest_calls import read_again
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.examples.readings import filters
from crosstalk.generator.examples.shown_through import read_through
from crosstalk.generator.rules.comparisons.existence_pair import (
    behind_own,
    comparable_ids,
    has_neighbours,
    not_used_up,
    pair,
    unknown_like,
)
from crosstalk.generator.survey.switches import fill_empty_lists
from crosstalk.surface.capabilities import (
    is_comparable,
    observation_arguments,
    removes,
    required_references,
)
from crosstalk.surface.nesting import further
from crosstalk.surface.operation import CONDITION, Operation, Parameter, Role
from crosstalk.surface.patterns import admits

# Name of the survey's part, under which it is counted what was made.
NAME = "reach"
# Texts that are what they say, and name nothing.
_PLAIN_TEXTS = frozenset(
    {"title", "name", "text", "body", "content", "description", "note", "notes", "comment"}
    | {"message", "summary", "label", "details", "password", "email", "phone", "url"}
)
# Of what is stored first, and a few comparisons.
_LEAST_CALLS = 20
# Calls that naming objects has at least where the victim reads before and after it.
_LEAST_NAMING = 20
# Times that a way is made while no owner was served with the same object.
_MOST_TRIES = 2
# Words of the victim's that are looked for by one search.
_MOST_SOUGHT = 4
_FEW_SOUGHT = 2
_ID = "00000000-0000-0000-0000-000000000000"


class Form(StrEnum):
    """Ways to name another user's object."""

    PLAIN = "plain"  # what else the call names is the caller's own, or what it stands in is
    ALONE = "alone"  # all else is the caller's own: an own revision against another's
    JOINT = "joint"  # what else it names is the other's too
    BEHIND = "behind"  # in a list, after one of the caller's own
    TEXT = "text"  # in an argument that does not say that it names anything
    SUBJECT = "subject"  # what the user is called, in place of an object
    WORDS = "words"  # words that the user has stored, in a filter of that name
    SOUGHT = "sought"  # a word that the user alone has stored, in a search
    USED = "used"  # the object with which the user has done most, where it is to be removed


_DOUBTFUL = (Form.TEXT, Form.SUBJECT, Form.WORDS)
_ONE_CALL = (Form.SUBJECT, Form.WORDS, Form.SOUGHT)
_ONCE = (*_DOUBTFUL, Form.SOUGHT, Form.USED)
# Between what changes and what removes.
_SOUGHT_COST = 1.5


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to name what is another's."""

    operation: Operation
    parameter: Parameter
    form: Form

    @property
    def key(self) -> tuple[str, ...]:
        """Return the name under which it is counted."""
        return NAME, self.operation.name, self.parameter.name, self.form.value


def all_reaches(example: ExampleRun) -> list[Reach]:
    """Return every way to name what is another's: by a reference first, by a text last.

    Of each what reads comes before what changes, and what removes after that.
    """
    found = [
        each
        for operation in example.capabilities.protected
        if not operation.conversational
        for each in _reaches_of(example, operation)
    ]
    # Texts that may name nothing come after what is known to name an object, and words of the
    # victim's after what would show them: what its reader has said is no news to them.
    return sorted(
        found,
        key=lambda each: (
            each.form in _DOUBTFUL,
            _SOUGHT_COST if each.form is Form.SOUGHT else _cost(each.operation),
        ),
    )


def _reaches_of(example: ExampleRun, operation: Operation) -> Iterator[Reach]:
    several = len(required_references(operation)) > 1
    for parameter in operation.parameters:
        if is_comparable(operation, parameter):
            yield Reach(operation, parameter, Form.BEHIND if parameter.many else Form.PLAIN)
            if removes(operation) and parameter.required and not (several or parameter.many):
                # What is refused may have removed what stands inside the object, or names it.
                yield Reach(operation, parameter, Form.USED)
            if several and parameter.required:
                yield Reach(operation, parameter, Form.JOINT)
            if has_neighbours(operation, parameter):
                yield Reach(operation, parameter, Form.ALONE)
            if operation.reads_only and not parameter.required and is_open(parameter):
                # `?athlete=` may take a user by name, whatever users are called elsewhere.
                yield Reach(operation, parameter, Form.SUBJECT)
            if parameter.name.endswith(ELEMENT) and not removes(operation):
                # `entry_ids[]` is one of a list that takes several.
                yield Reach(operation, parameter, Form.BEHIND)
        elif operation.reads_only and _takes_any_text(parameter):
            yield Reach(operation, parameter, Form.SUBJECT)
        if _takes_subject(example, operation, parameter):
            yield Reach(operation, parameter, Form.SUBJECT)
        if operation.reads_only and parameter.role is Role.QUERY:
            yield Reach(operation, parameter, Form.SOUGHT)
        if operation.reads_only and parameter.role is Role.TEXT:
            yield Reach(operation, parameter, Form.WORDS)
    for parameter in _naming_texts(operation)[:1]:
        yield Reach(operation, parameter, Form.TEXT)


def _takes_subject(example: ExampleRun, operation: Operation, parameter: Parameter) -> bool:
    """Return whether a reading names a user where others name an object: `memory://{name}`."""
    named = operation.reads_only and parameter.refers and not parameter.many
    return named and example.state.knowledge.takes_subject(operation, parameter)


def _naming_texts(operation: Operation) -> list[Parameter]:
    """Return the arguments of a call that stores something which may name an object unsaid."""
    if operation.reads_only or removes(operation):
        return []
    return [
        each
        for each in operation.parameters
        if _takes_any_text(each) and not each.refers and admits(each.schema, _ID)
    ]


def _takes_any_text(parameter: Parameter) -> bool:
    """Return whether an argument may name something though nothing says so."""
    plain = last_name(parameter.name).lower() in {*_PLAIN_TEXTS, CONDITION}
    return parameter.role in (Role.TEXT, Role.VALUE) and is_open(parameter) and not plain


def is_open(parameter: Parameter) -> bool:
    """Return whether a schema admits a text of any kind."""
    schema = parameter.schema
    return "string" in _types(schema) and not (schema.get("enum") or schema.get("format"))


def _types(schema: Mapping[str, Any]) -> set[str]:
    """Return the types that a schema admits by name; a text where it says nothing."""
    said = schema.get("type")
    forms = [each for name in ("anyOf", "oneOf") for each in schema.get(name, ())]
    if said is None and forms:
        return {kind for each in forms if isinstance(each, Mapping) for kind in _types(each)}
    return set(said) if isinstance(said, list) else {str(said or "string")}


def _cost(operation: Operation) -> int:
    return 2 if removes(operation) else 0 if operation.reads_only else 1


def _lacks(example: ExampleRun, reach: Reach) -> bool:
    """Return whether a way was not made yet, or was made once where it could not count."""
    made = example.state.choices[reach.key]
    if not made or reach.form in _ONCE:
        return not made
    counted = example.state.opportunities().get("existence", ())
    return made < _MOST_TRIES and bool(counted) and reach.operation.name not in counted


class ReachPart:
    """Has the attacker name the victim's objects, between two readings by the victim."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Make what was not made yet.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example = users.example
        # What is known to change others' readings would hide what else does.
        known = example.state.reaching_others()
        left = [
            each
            for each in all_reaches(example)
            if _lacks(example, each) and each.operation.name not in known
        ]
        if not left:
            return
        begun = example.state.executor.calls_made
        for actor in (users.attacker, users.victim):
            users.store(actor, each=1)
        fill_empty_lists(users, users.victim)
        readings = users.readings(users.victim, switches=False)
        if 2 * len(readings) + _LEAST_NAMING > most - (example.state.executor.calls_made - begun):
            # Comparisons of two answers need no readings around them.
            readings = []
        key = example.next_probe()
        before = Probe("ownership", key, "before", users.victim.name)
        example.read_twice(readings, users.victim, before)
        made: list[PlannedCall] = []
        for each in left:
            # What the victim reads and does after it belongs to it.
            ahead = len(readings) + len(made) // 2
            if users.spent(begun, most - ahead):
                break
            example.state.choices[each.key] += 1
            for planned in _calls(users, each, key):
                made.append(planned)
                read_through(example, example.execute_spoilt(planned))
            example.judge_soon()
        read_again(example, readings, users.victim, key)
        if readings:
            self._read_as_attacker(users)
        self._serve_the_owner(users, made)

    @staticmethod
    def _read_as_attacker(users: Arrangement) -> None:
        """Read what the attacker's own objects show: what was named may be followed there."""
        example, attacker = users.example, users.attacker
        readings = users.readings(attacker, switches=False)
        for operation in example.state.observations:
            asked = observation_arguments(operation, example.history, attacker)
            found = filters(example, operation, attacker)
            readings += [(operation, {**asked, **each}) for each in found]
        example.execute_all([PlannedCall(attacker, each.name, asked) for each, asked in readings])

    @staticmethod
    def _serve_the_owner(users: Arrangement, made: list[PlannedCall]) -> None:
        """Have the owner make the calls at which no comparison has counted yet, if any."""
        counted = users.example.state.opportunities().get("existence", ())
        done: set[str] = set()
        for planned in made:
            probe = planned.probe
            if probe is None or probe.kind != "existence" or probe.part != "foreign":
                continue
            if planned.operation in counted or planned.operation in done or users.ended:
                continue
            done.add(planned.operation)
            operation = users.example.state.executor.operations[planned.operation]
            arguments = {
                **planned.arguments,
                **users.example.with_identity(operation, users.victim),
            }
            users.example.execute(PlannedCall(users.victim, planned.operation, arguments))


def _calls(users: Arrangement, reach: Reach, key: int) -> Iterator[PlannedCall]:
    """Yield a pair of calls with the victim's object and with none, or what shows by itself."""
    if reach.form in _ONE_CALL:
        yield from _shown_by_itself(users, reach, key)
        return
    example, operation, parameter = users.example, reach.operation, reach.parameter
    theirs = _victims_object(users, reach)
    if theirs is None:
        return
    if reach.form is Form.TEXT:
        yield from _in_texts(users, operation, theirs)
        return
    if reach.form is Form.BEHIND and not removes(operation):
        # Behind nothing of the caller's own it is the first of the list.
        Provision.by(example, users.drawer).for_call(operation, users.attacker)
        if not own_objects(users, reach):
            return
    asked = (example, users.drawer, users.attacker, users.victim, operation, parameter, theirs)
    joint, alone = reach.form is Form.JOINT, reach.form is Form.ALONE
    calls = list(pair(*asked, joint=joint, alone=alone))
    yield from _behind(users, reach, calls) if reach.form is Form.BEHIND else calls


def _shown_by_itself(users: Arrangement, reach: Reach, key: int) -> Iterator[PlannedCall]:
    """Yield the attacker's readings with what the victim has said, or is called."""
    example, operation, name = users.example, reach.operation, reach.parameter.name
    attack = Probe("ownership", key, "attack", users.victim.name)
    # All that there is, so that what is new is among it where users keep what they stored; a
    # filter would leave out what it shows.
    needed = {each.name for each in operation.parameters if each.required}
    own = users.own(operation, users.attacker).arguments
    drawn = {
        **{given: value for given, value in own.items() if given in needed},
        **observation_arguments(operation, example.history, users.attacker),
    }
    if reach.form is Form.SUBJECT:
        subject = example.history.subjects[users.victim.name]
        yield PlannedCall(users.attacker, operation.name, {**drawn, name: subject}, attack)
    elif reach.form is Form.SOUGHT:
        # Each kind of text is looked for by another search, and what holds it is shown whole. The
        # number of hits may tell of it though none is shown: no user has the other word.
        for word in _said_by_victim(users, reach):
            unknown = unknown_like(word, users.drawer.choice.uuid(), reach.parameter)
            number = example.next_probe()
            for part, sought in _parts(word, unknown):
                probe = Probe("existence", number, part, users.victim.name)
                yield PlannedCall(users.attacker, operation.name, {**drawn, name: sought}, probe)
    else:
        for word in _said_by_victim(users, reach):
            yield PlannedCall(users.attacker, operation.name, {**drawn, name: word}, attack)


def _parts(theirs: str, unknown: str) -> tuple[tuple[Literal["foreign", "missing"], str], ...]:
    """Return the two halves of a comparison."""
    return ("foreign", theirs), ("missing", unknown)


def _said_by_victim(users: Arrangement, reach: Reach) -> list[str]:
    """Return what the victim stored last that a reading of texts may find, if anything."""
    texts, victim = users.example.pool.texts, users.victim.name
    if reach.form is Form.SOUGHT:
        # The other words are in everybody's texts, where a search would find the caller's own.
        # One of each object: what was asked for before is no news where it is shown.
        said = [markers_in(text)[:1] for text in texts.newest(victim)]
        most = _FEW_SOUGHT if users.example.state.is_short else _MOST_SOUGHT
        return [word for words in said for word in words][-most:]
    name = last_name(reach.parameter.name)
    likeliest, *_ = texts.search_order(victim, reach.operation.name, name)
    found = texts.at(victim, likeliest, reach.operation.name)
    # Of several kinds that have such a text one is looked for, as earlier searches show.
    kinds = found if likeliest.startswith(f"{name} ") else texts.of(victim, name)
    return (kinds or found)[-1:]


def _in_texts(users: Arrangement, operation: Operation, theirs: str) -> Iterator[PlannedCall]:
    """Yield pairs that name the object in texts: in all at once, or in each where that is refused.

    Where a text is stored, whatever it holds, the two answers differ for that alone.
    """
    example = users.example
    texts = _naming_texts(operation)
    for named in [texts, *([each] for each in texts if len(texts) > 1)]:
        asked = (example, users.drawer, users.attacker, users.victim, operation, named[0], theirs)
        served = False
        for planned in pair(*asked, joint=False):
            said = {each.name: planned.arguments[named[0].name] for each in named}
            probe = replace(planned.probe, kind="names") if planned.probe else None
            yield replace(planned, arguments={**planned.arguments, **said}, probe=probe)
            served = served or example.history.calls[-1].answer.outcome is Outcome.OK
        if served:
            return


def _behind(users: Arrangement, reach: Reach, calls: list[PlannedCall]) -> list[PlannedCall]:
    """Return the calls with an object of the attacker's own before the one that each names."""
    operation, name = reach.operation, reach.parameter.name
    if not name.endswith(ELEMENT):
        provision = Provision.by(users.example, users.drawer)
        # The second call of a pair would find the own object gone that the first one has removed.
        for _ in calls if (once := removes(operation)) else ():
            provision.another(operation, users.attacker)
        return behind_own(own_objects(users, reach), reach.parameter, calls, once=once)
    if removes(operation):
        return calls
    mine = own_objects(users, reach)
    own = {name: mine[-1]} if mine else {}
    return [
        replace(each, arguments={**each.arguments, **own, further(name): each.arguments[name]})
        for each in calls
    ]


def own_objects(users: Arrangement, reach: Reach) -> list[str]:
    """Return the attacker's own objects that an argument can name.

    Args:
        users: Who act.
        reach: The argument.
    """
    pool, attacker = users.example.pool, users.attacker
    asked = (attacker.name, reach.parameter, reach.operation.name)
    known = pool.references(*asked, guess=False)
    if known:
        return known
    # Where nothing says of what kind ids are, those of the same form are.
    theirs = _victims_object(users, reach)
    alike = _form_of(theirs) if theirs is not None else ""
    return [each for each in pool.references(*asked) if _form_of(each) == alike]


def _form_of(identifier: str) -> str:
    """Return how an id is made up: its letters and digits that may be drawn, masked."""
    return re.sub("[0-9a-f]", "x", identifier.lower())


def _victims_object(users: Arrangement, reach: Reach) -> str | None:
    """Return the victim's object that is named: what removes gets another than what reads."""
    example, operation = users.example, reach.operation
    if reach.form is Form.TEXT:
        # A slug is made of words, which a text may hold for other reasons.
        known = [each for each in example.pool.long_ids(users.victim.name) if not markers_in(each)]
    else:
        known = comparable_ids(example, users.attacker, users.victim, operation, reach.parameter)
        known = not_used_up(example, users.victim, operation, reach.parameter, known)
    if not known:
        return None
    if reach.form is Form.USED:
        theirs, done = busiest(users, known)
        return theirs if done else None
    return known[0] if removes(operation) and len(known) > 1 else known[-1]
