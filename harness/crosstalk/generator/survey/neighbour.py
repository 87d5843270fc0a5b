"""Another user does everything that is theirs to do, between two readings of everything.

Each kind of honest activity and each form of reading meet in one comparison, so that what depends
on what others do, and not on any reach for another's data, shows in few calls: a count, a second
page, a validator, a row that has gone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.core.identifiers import last_name, map_markers, markers_in
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import (
    EACH,
    Arrangement,
    changes,
    makers,
    stores_anew,
    valued_changes,
)
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.honest_calls import in_words_of, read_again
from crosstalk.generator.examples.readings import Reading, stored_by
from crosstalk.generator.examples.valued_readings import in_fresh_words, valued_readings
from crosstalk.generator.situations import NEIGHBOUR
from crosstalk.generator.survey.numbers import store_after_others
from crosstalk.generator.survey.of_a_list import other_entries, raise_another
from crosstalk.generator.survey.switches import fill_empty_lists
from crosstalk.generator.survey.undeclared import give
from crosstalk.generator.values.other_values import larger_values, other_values
from crosstalk.generator.values.removed_objects import takes_back
from crosstalk.surface.capabilities import acts_by_word, removes, required_references
from crosstalk.surface.http.headers import TIMED
from crosstalk.surface.operation import Operation, Role

# The pause after which a time to the second is another.
_SECONDS = 2.1
# Further objects that one operation removes: all that were there before the reader's.
_MOST_REMOVED = 4
# Operations by which one of what both have in the same words is removed.
_MOST_ALIKE_REMOVED = 2
# Calls below which a part of it would be without the rest.
_LEAST_CALLS = 40
_MOST_CALLS = 400
_LEAST_READINGS = 8
# Readings with values that the other makes among what they do.
_MOST_ASKED = 2
# Calls by which the other gives something to the reader, where answers show whose things are.
_MOST_GIVEN = 4
# Lists in which the id of what was stored is looked for.
_LISTS = 3
# An argument by which a list is put in an order of its own.
_ORDER = re.compile(r"sort|sort_?by|order|order_?by|rank_?by|sorting|ordering", re.IGNORECASE)


def watch_neighbour(
    example: ExampleRun, random: Random, reader: Actor, other: Actor, most: int = _MOST_CALLS
) -> None:
    """Have both store, the reader read, the other do everything, and the reader read again.

    Args:
        example: In which they act.
        random: Makes the choices.
        reader: Reads before and after.
        other: Acts with what is theirs.
        most: Calls that it may take, about.
    """
    users = Arrangement(example, random, reader, other)
    # The reader's objects are the newest: what is taken back, or cut off, of all is theirs.
    users.store(other)
    users.store(reader, removing=True)
    fill_empty_lists(users, reader)
    # Each is read three times; the acts need the rest.
    readings = _not_known(example, users.readings(reader))[: max(_LEAST_READINGS, most // 5)]
    key = example.next_probe()
    before = Probe("ownership", key, "before", reader.name)
    seen = example.read_twice(readings, reader, before)
    _let_time_pass(example, seen, before)
    acts = _acts(example)
    for operation in acts:
        acting = Probe("ownership", key, "attack", reader.name)
        users.use(operation, other, acting)
        # What looks at everybody's may change only when the other has nothing left of it.
        for _ in range(_MOST_REMOVED):
            if users.left_to(operation, other):
                users.use(operation, other, acting, tries=1)
    alike = _store_in_readers_words(users, key)
    if any(_orders(*each) for each in readings):
        raise_another(users, key)
    _ask_what_may_count(users, key)
    give(users, key, _MOST_GIVEN)
    _leave_a_difference(users, key)
    if users.ended:
        return
    read_again(example, readings, reader, key, beside=other)
    # After that, as what is counted or averaged with the reader's would be gone again.
    if _remove_alike(users, key, alike) and not users.ended:
        read_again(example, [e for e in readings if required_references(e[0])], reader, key)
    _take_back(users)
    example.state.situations[NEIGHBOUR] += len(readings)
    example.judge_soon(after=1)


def _leave_a_difference(users: Arrangement, key: int) -> None:
    """Have the other store once more where as much was removed as was stored: a count of it would
    be the same as before.
    """
    example, other, reader = users.example, users.attacker, users.victim
    operations = example.state.executor.operations
    creators = example.capabilities.creators
    made = 0
    for call in reversed(example.history.calls):
        if call.probe is not None and call.probe.key == key and call.probe.part == "before":
            break
        if call.actor == other and call.answer.outcome is Outcome.OK:
            operation = operations[call.operation]
            made += (operation in creators) - removes(operation)
    if made == 0:
        for each in creators[:1]:
            users.use(each, other, Probe("ownership", key, "attack", reader.name))


def _store_in_readers_words(users: Arrangement, key: int) -> set[str]:
    """Have the other store what the reader has stored, in the same words.

    What is counted, matched or replaced by a word, a day or a name meets only there. Once more it
    is stored with the largest numbers and another of the values that are listed: what is compared
    with others', as a place in a row or a best of all, shows beside those alone.

    Returns:
        What the other's are called and numbered by that are in the reader's words.
    """
    example, reader, other = users.example, users.victim, users.attacker
    probe = Probe("ownership", key, "attack", reader.name)
    known = example.state.reaching_others()
    changing = valued_changes(example)
    storing = (*example.capabilities.creators, *makers(example), *changing)
    # Shown of what the other stored in the very words of the reader's, beside what was there.
    alike, before = set[str](), {each.name: _own(users, each) for each in storing}
    # What the creations among these answered, by the names of fields.
    made: dict[str, str] = {}
    # What is done to all that has a word comes when both have it, whatever was changed before.
    for operation in sorted(storing, key=acts_by_word):
        stored = next(
            (
                call
                for call in reversed(example.history.calls)
                if call.operation == operation.name
                and call.actor == reader
                and call.answer.outcome is Outcome.OK
            ),
            None,
        )
        if users.ended or stored is None or operation.name in known or not operation.parameters:
            continue
        drawn = users.own(operation, other)
        identity = example.with_identity(operation, other)
        arguments = {**in_words_of(example, stored.arguments, drawn).arguments, **identity}
        arguments |= words_of_now(users, operation)
        arguments |= _inside(users, operation, alike, before[operation.name]) or _in_what_was_made(
            operation, made
        )
        call = example.execute(PlannedCall(other, operation.name, arguments, probe))
        if call.answer.outcome is not Outcome.OK:
            continue
        alike |= {text for _, text in call.answer.paths()}
        if operation in example.capabilities.creators:
            made |= {last_name(path): text for path, text in call.answer.paths()}
        alike |= {each for each in arguments.values() if isinstance(each, str) and markers_in(each)}
        if (operation in changing or not stores_anew(operation)) and not users.ended:
            # Now both have it in the same words: what one of them changes may follow the other's.
            anew = in_new_words(users, operation, arguments)
            example.execute(PlannedCall(other, operation.name, anew, probe))
            arguments = {**arguments, **_names(operation, anew)}
        # The largest comes last: where a value is replaced, it stands when the reader reads again.
        others = other_entries(example, operation, other_values(operation, arguments))
        for each in (others, larger_values(operation, arguments)):
            if each != arguments and not users.ended:
                example.execute_spoilt(PlannedCall(other, operation.name, each, probe))
    return alike


def _take_back(users: Arrangement) -> None:
    """Have both take back what they have removed last, where it can be: it may be gone by what the
    other did, or its name be taken.
    """
    example = users.example
    operations = example.state.executor.operations
    for operation in changes(example):
        named = required_references(operation)
        if len(named) != 1 or named[0].many or not takes_back(operation):
            continue
        for actor in (users.victim, users.attacker):
            removed = [
                str(value)
                for call in stored_by(example, actor)
                if removes(operations[call.operation])
                for value in call.arguments.values()
            ]
            known = example.pool.references(actor.name, named[0], operation.name, guess=False)
            gone = [each for each in removed if each in known][:1]
            if gone and not users.ended:
                given = {**users.own(operation, actor).arguments, named[0].name: gone[0]}
                example.execute_spoilt(PlannedCall(actor, operation.name, given))


def _orders(operation: Operation, asked: Mapping[str, Any]) -> bool:
    """Return whether a reading asks for an order of its own, as `sort=used`."""
    return operation.lists and any(_ORDER.fullmatch(last_name(name)) for name in asked)


def _remove_alike(users: Arrangement, key: int, alike: Collection[str]) -> bool:
    """Have the other remove one of what both have in the same words: equal contents may be kept
    once for all, and be gone with either. Return whether any was.

    Args:
        users: Who act.
        key: Of the comparison.
        alike: What the other's are called and numbered by that are in the reader's words.
    """
    removed = False
    example, other = users.example, users.attacker
    probe = Probe("ownership", key, "attack", users.victim.name)
    known = example.state.reaching_others()
    removing = [e for e in changes(example) if removes(e) and e.name not in known]
    for operation in removing[:_MOST_ALIKE_REMOVED]:
        named = required_references(operation)
        if len(named) != 1 or named[0].many or users.ended:
            continue
        have = example.pool.references(other.name, named[0], operation.name, guess=False)
        same = [each for each in have if each in alike]
        if same:
            given = {**users.own(operation, other).arguments, named[0].name: same[0]}
            call = example.execute(PlannedCall(other, operation.name, given, probe))
            removed = removed or call.answer.outcome is Outcome.OK
    return removed


def _inside(
    users: Arrangement, operation: Operation, alike: set[str], before: Collection[str]
) -> dict[str, Any]:
    """Return the other's object that has the reader's words, for what stands inside one.

    The newest differs in a value that is listed: what is counted or averaged over all of a kind
    would count a weight of it for another kind. Where its creation has told its id in words alone,
    the row of a list that holds the words does.
    """
    known = _own(users, operation)
    if not known and not before:
        return {}
    (named,) = required_references(operation)
    same = [each for each in known if each in alike][-1:]
    lists = [each for each in users.example.state.observations if not each.descriptive]
    for each in lists[:_LISTS] if alike and not same else ():
        if users.ended or same:
            break
        shown = users.example.execute(users.example.reading(each, users.attacker))
        new = [known for known in _own(users, operation) if known not in before]
        same = [each for each in new if _stands_beside(shown.answer.body, each, alike)][:1]
    alike.update(same)
    return {named.name: same[0]} if same else {}


def _in_what_was_made(operation: Operation, made: Mapping[str, str]) -> dict[str, Any]:
    """Return the object that was made in the reader's words, where its creation answered what it
    is called under the name of the argument: made of their words, it is known as the reader's.
    """
    named = required_references(operation)
    if len(named) != 1 or named[0].many or named[0].role is Role.NAME:
        return {}
    name = named[0].name
    return {name: made[last_name(name)]} if last_name(name) in made else {}


def _stands_beside(body: Any, value: str, words: Collection[str]) -> bool:
    """Return whether a value stands in one row of an answer with one of these words."""
    if isinstance(body, Mapping):
        texts = {each for each in body.values() if isinstance(each, str)}
        if value in texts:
            return not texts.isdisjoint(words)
        return any(_stands_beside(each, value, words) for each in body.values())
    if isinstance(body, list | tuple):
        return any(_stands_beside(each, value, words) for each in body)
    return False


def _own(users: Arrangement, operation: Operation) -> list[str]:
    """Return the other's objects that an operation can name which names one."""
    named = required_references(operation)
    if len(named) != 1 or named[0].many or named[0].role is Role.NAME:
        return []
    pool, other = users.example.pool, users.attacker
    return pool.references(other.name, named[0], operation.name, guess=False)


def words_of_now(users: Arrangement, operation: Operation) -> dict[str, Any]:
    """Return the words that the reader's objects have by now, for what acts on all that have one.

    Args:
        users: Who act.
        operation: That may do so.
    """
    if not acts_by_word(operation):
        return {}
    pool, reader = users.example.pool, users.victim
    known = {
        each.name: pool.references(reader.name, each, operation.name, guess=False)
        for each in required_references(operation)
    }
    return {name: words[-1] for name, words in known.items() if words}


def _ask_what_may_count(users: Arrangement, key: int) -> None:
    """Have the other ask what is no plain reading: to evaluate a flag counts in its usage, which
    may be that of every flag of this name.
    """
    probe = Probe("ownership", key, "attack", users.victim.name)
    found = valued_readings(users.example, users.drawer, users.attacker)
    asked = [each for each in found if ":GET " not in each[0].name]
    for operation, given in asked[:_MOST_ASKED]:
        if operation.name in users.example.state.reaching_others():
            continue
        # What was asked before may be answered from what was kept, and counts no more.
        fresh = in_fresh_words(users.example, operation, users.attacker, given)
        for said in (fresh, given) if fresh != given else (given,):
            if users.ended:
                return
            call = users.example.execute(PlannedCall(users.attacker, operation.name, said, probe))
            if call.answer.outcome is Outcome.OK:
                break


def in_new_words(
    users: Arrangement, operation: Operation, said: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a change with words of the other's own, about the same object.

    Args:
        users: Who act.
        operation: The change.
        said: Its arguments when it was made; the object has the name by now that they gave it.
    """

    def new(_: str) -> str:
        return users.example.state.plant(users.attacker.name)

    texts = {name: value for name, value in said.items() if isinstance(value, str)}
    fresh = {name: map_markers(text, new) for name, text in texts.items() if markers_in(text)}
    # To rename what both have is the change that others' objects may follow.
    fresh |= {name: new("") for name in operation.extra.get("renames", ())}
    return {**said, **fresh, **_names(operation, said)}


def _names(operation: Operation, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a call names, by the names that it has given it."""
    return {
        each.name: said.get(f"new_{each.name}", said[each.name])
        for each in required_references(operation)
        if each.name in said
    }


def _acts(example: ExampleRun) -> list[Operation]:
    """Return what the other does, in this order; nothing that is known to reach the reader's."""
    capabilities = example.capabilities
    changing = changes(example)
    at_large = [each for each in changing if not required_references(each)]
    named = [each for each in changing if required_references(each)]
    storing = [*capabilities.creators, *capabilities.chats]
    # What empties a bin has something to do once its caller has thrown something away.
    emptying = [each for each in at_large if removes(each)] if any(map(removes, named)) else []
    found = [
        *at_large,
        *(each for each in storing for _ in range(EACH)),
        *(each for each in makers(example) for _ in range(EACH)),
        *named,
        *emptying,
    ]
    known = example.state.reaching_others()
    return [each for each in found if each.name not in known]


def _not_known(example: ExampleRun, readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings of which it is not known that they depend on other users."""
    known = example.state.reaching_others()
    return [each for each in readings if each[0].name not in known]


def _let_time_pass(example: ExampleRun, seen: Sequence[Call], probe: Probe) -> None:
    """Read again what holds a time to the second, when that is another second."""
    timed = [each for each in seen if TIMED & set(each.answer.headers)]
    if timed and example.state.executor.seconds_left() > 10 * _SECONDS:
        example.state.sleep(_SECONDS)
        example.execute_all(
            [PlannedCall(each.actor, each.operation, each.arguments, probe) for each in timed]
        )


class NeighbourPart:
    """Has the victim read everything around all that the attacker may honestly do."""

    name = "neighbour"
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Do it once, and have the attacker read everything as well.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example = users.example
        if not example.state.observations:
            return
        watch_neighbour(example, users.random, users.victim, users.attacker, most)
        if users.ended:
            return
        store_after_others(users)
        readings = _not_known(example, users.readings(users.attacker, switches=False))
        example.execute_all(
            [PlannedCall(users.attacker, each.name, asked) for each, asked in readings]
        )
