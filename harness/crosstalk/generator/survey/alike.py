"""Two users store under one name, with words of their own beside it, and each reads their own.

A page that is printed once, the text of a prompt or an index may be kept by a name and a number,
both of which every user may have: whose it is shows by what stands beside the name. Links by a
name are followed to whoever has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.core.identifiers import last_name, markers_in
from crosstalk.core.object_kinds import singular
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import (
    Arrangement,
    makers,
    stores_anew,
    valued_changes,
)
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.honest_calls import read_again
from crosstalk.generator.examples.readings import Reading, reads_by_itself, stored_by
from crosstalk.generator.shares.sharing_served import by_sharing_alone
from crosstalk.generator.survey.names import in_words_of_another
from crosstalk.generator.survey.reach import is_open
from crosstalk.generator.values.forms.words import lists_words, names_among
from crosstalk.surface.capabilities import observation_arguments, removes, required_references
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.patterns import admits

_LINK = re.compile(r"\[\[|\b(?:links?|linked|backlinks?|wiki)\b", re.IGNORECASE)
NAME = "alike"
# One object of each user, and one reading by each.
_LEAST_CALLS = 8
_MOST_STORED, _MOST_CHANGES, _MOST_READINGS = 6, 2, 8
# Changes by a word that both have, and the parts of one.
_MOST_BY_WORD = 2
_AROUND: tuple[Literal["before"], Literal["attack"]] = ("before", "attack")


class AlikePart:
    """Has two users store under the same names, and read theirs one right after the other."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Store by each operation that was not used so yet, and read what stands alone.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example = users.example
        begun = example.state.executor.calls_made
        twins: dict[str, str] = {}
        if not (example.capabilities.details or example.state.observations):
            return
        for operation in _storing(users)[:_MOST_STORED]:
            if users.spent(begun, most // 2):
                break
            twins |= _store_alike(users, operation)
        _change_one(users, twins, begun, most)
        read = 0
        for operation, asked in _readings(users, twins):
            mine = {name: twins.get(str(value), value) for name, value in asked.items()}
            mine |= example.with_identity(operation, users.attacker)
            if users.spent(begun, most):
                break
            read += 1
            example.execute(PlannedCall(users.victim, operation.name, asked))
            example.execute(PlannedCall(users.attacker, operation.name, mine))
            # The victim's, in the words in which it was just shown to them.
            theirs = {**asked, **example.with_identity(operation, users.attacker)}
            if theirs != mine:
                example.execute(PlannedCall(users.attacker, operation.name, theirs))
        for operation, name, word in changes_by_a_shared_word(users, twins)[:_MOST_BY_WORD]:
            if users.spent(begun, most):
                break
            change_beside(users, operation, {name: word}, word)
        for planned in asked_alike(users, twins):
            if users.spent(begun, most):
                break
            read += 1
            example.execute(planned)
        example.state.situations["readings of what two users call alike"] += read


def _storing(users: Arrangement) -> list[Operation]:
    """Return what stores words and was not used so yet: what stands outside first."""
    example = users.example
    found = {each.name: each for each in (*example.capabilities.creators, *makers(example))}
    return [
        each
        for each in found.values()
        if not (each.conversational or example.state.choices[NAME, each.name])
        # What was stored before is not to be changed before it is read.
        and stores_anew(each)
        and (example.state.served[each.name] or not example.state.tried[each.name])
        and any(one.role in (Role.TEXT, Role.NAME) for one in each.parameters)
    ]


def _store_alike(users: Arrangement, operation: Operation) -> dict[str, str]:
    """Have both store by an operation under one name.

    Returns:
        What the victim's is called and numbered by to what the attacker's is; nothing where one of
        them was not served.
    """
    example = users.example
    example.state.choices[NAME, operation.name] += 1
    same: dict[str, Any] = {}
    made: list[Call] = []
    for actor in (users.victim, users.attacker):
        if users.ended or not users.able(operation, actor):
            return {}
        plain = dict(users.own(operation, actor).arguments)
        told = {**plain, **_texts_beside(users, operation, plain, actor)}
        ways = [told, plain, _bare(operation, plain)]
        # One of the texts that need not be given may be refused.
        for said in [each for n, each in enumerate(ways) if each not in ways[:n]]:
            arguments = {**said, **{name: same[name] for name in same if name in said}}
            arguments = _with_values_of(operation, arguments, made)
            arguments |= linking(example, operation, arguments, _name_in(operation, arguments))
            call = example.execute(PlannedCall(actor, operation.name, arguments))
            if call.answer.outcome is Outcome.OK:
                break
        else:
            # What the other has may be taken for all: in other words it is free.
            for planned in in_words_of_another(users, operation, made[0]) if made else ():
                example.execute_spoilt(planned)
            return {}
        made.append(call)
        same = same or alike(operation, call.arguments)
    own = dict(users.own(operation, users.victim).arguments)
    if linked := linking(example, operation, own, _name_in(operation, same)):
        # Another one of the victim's leads to what both have.
        example.execute(PlannedCall(users.victim, operation.name, {**own, **linked}))
    one, other = (dict(each.answer.paths()) for each in made)
    shared = {str(value): str(value) for value in same.values() if isinstance(value, str)}
    return {**{text: other[path] for path, text in one.items() if path in other}, **shared}


def _bare(operation: Operation, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without the texts and values that need not be given."""
    free = {
        each.name
        for each in operation.parameters
        if not each.required and each.role in (Role.TEXT, Role.VALUE)
    }
    return {name: value for name, value in said.items() if name not in free}


def _with_values_of(
    operation: Operation, arguments: Mapping[str, Any], made: Sequence[Call]
) -> dict[str, Any]:
    """Return arguments with the days and choices of a call that was made: a car is taken twice only
    at one time.
    """
    # An open text may name an object unsaid.
    values = {
        each.name for each in operation.parameters if each.role is Role.VALUE and not is_open(each)
    }
    given = made[-1].arguments if made else arguments
    return {
        **{name: value for name, value in arguments.items() if name not in values},
        **{name: value for name, value in given.items() if name in values},
    }


def _change_one(users: Arrangement, twins: Mapping[str, str], begun: int, most: int) -> None:
    """Have the victim change theirs in words of their own, and turn on what can be: what is kept by
    the name may be that of both.

    Args:
        users: Who act.
        twins: What the victim has to what the attacker has of the same name.
        begun: Calls that were made when the part began.
        most: Calls that it may take, about.
    """
    changing = [
        each
        for each in valued_changes(users.example)
        if any(one.role is Role.TEXT for one in each.parameters)
        # What it is called has to stay alike.
        and not each.name.partition(":")[2].startswith("PATCH ")
        and stores_anew(each)
        and each.name not in users.example.state.reaching_others()
    ]
    for operation in changing[:_MOST_CHANGES] if twins else ():
        (named,) = required_references(operation)
        pool, victim = users.example.pool, users.victim
        known = pool.references(victim.name, named, operation.name, guess=False)
        both = [each for each in known if each in twins]
        if not both or users.spent(begun, most // 2):
            continue
        said = dict(users.own(operation, victim).arguments)
        said |= _texts_beside(users, operation, said, victim)
        switches = [e.name for e in operation.parameters if isinstance(said.get(e.name), bool)]
        said |= dict.fromkeys(switches, True)
        given = {**said, named.name: [both[-1]] if named.many else both[-1]}
        users.example.execute(PlannedCall(victim, operation.name, given))


def changes_by_a_shared_word(
    users: Arrangement, twins: Mapping[str, str]
) -> list[tuple[Operation, str, str]]:
    """Return what changes or removes what has a name or tag that both users gave, each with that
    argument and the word: what removes comes last.
    """
    words = _shared_words(users, twins)
    pool, attacker = users.example.pool, users.attacker
    found = []
    for operation in users.example.capabilities.protected:
        named = [e for e in operation.parameters if e.required and e.refers and not e.many]
        acts = not (operation.reads_only or operation.conversational)
        if not acts or by_sharing_alone(users.example, operation):
            continue
        for each in named:
            # What names one object beside the word is about that alone.
            if any(one.role is Role.REFERENCE for one in named if one is not each):
                continue
            known = pool.references(attacker.name, each, operation.name)
            name = singular(last_name(each.name))
            same = [word for given, word in words if given == name and word in known]
            found += [(operation, each.name, word) for word in same]
    newest = {operation.name: (operation, name, word) for operation, name, word in found}
    return sorted(newest.values(), key=lambda each: removes(each[0]))


def change_beside(
    users: Arrangement, operation: Operation, said: Mapping[str, str], word: str
) -> None:
    """Have the attacker change their own by a word that both have, while the victim reads theirs.

    Args:
        users: Who act.
        operation: What changes it.
        said: The argument that holds the word.
        word: That both have.
    """
    example, victim = users.example, users.victim
    operations = example.state.executor.operations
    shown = next(
        (
            call
            for call in reversed(example.history.calls)
            if call.actor == victim and operations[call.operation].reads_only and word in call.texts
        ),
        None,
    )
    if shown is None:
        return
    key = example.next_probe()
    reading = operations[shown.operation], dict(shown.arguments)
    before, acting = (Probe("ownership", key, part, victim.name) for part in _AROUND)
    first = example.execute(PlannedCall(victim, shown.operation, reading[1], before))
    given = {**users.own(operation, users.attacker).arguments, **said}
    example.execute(PlannedCall(users.attacker, operation.name, given, acting))
    if not users.ended:
        example.note_steady([first, *read_again(example, [reading], victim, key)])
        example.judge_soon(after=1)


def _texts_beside(
    users: Arrangement, operation: Operation, said: Mapping[str, Any], actor: Actor
) -> dict[str, Any]:
    """Return words of a user's own for each text, name and tag that need not be given."""
    return {
        each.name: users.drawer.own_value(operation, each, actor)
        for each in operation.parameters
        if (each.role in (Role.TEXT, Role.NAME) or lists_words(each))
        and each.name not in said
        and not _is_formed(each)
    }


def _readings(users: Arrangement, twins: Mapping[str, str]) -> list[Reading]:
    """Return what shows the victim what has a twin, each by itself."""
    example, reader = users.example, users.victim
    found = []
    for operation in example.capabilities.details if twins else ():
        (named,) = required_references(operation)
        known = example.pool.references(reader.name, named, operation.name, guess=False)
        both = [each for each in known if each in twins]
        if both and not example.state.in_vain(operation):
            asked = dict(users.own(operation, reader).arguments)
            found.append((operation, {**asked, named.name: both[-1]}))
    return found[:_MOST_READINGS]


def _shared_words(users: Arrangement, twins: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the words that both users gave, each after the name of its argument."""
    shared = {
        (singular(last_name(name)), value): None
        for call in stored_by(users.example, users.attacker)
        for name, value in call.arguments.items()
        if isinstance(value, str) and markers_in(value) and twins.get(value) == value
    }
    return list(shared)


def asked_alike(users: Arrangement, twins: Mapping[str, str]) -> Iterator[PlannedCall]:
    """Yield the attacker's lists and searches by the words that both users gave alike: a query by a
    tag may have forgotten whose it is.

    Args:
        users: Who have stored.
        twins: What the victim has to what the attacker has of the same name.
    """
    example, attacker = users.example, users.attacker
    shared = _shared_words(users, twins)
    for operation in example.capabilities.protected if shared else ():
        if not reads_by_itself(operation) or example.state.in_vain(operation):
            continue
        asked = observation_arguments(operation, example.history, attacker)
        for each in operation.parameters:
            if each.role not in (Role.TEXT, Role.NAME, Role.QUERY) or each.many:
                continue
            name = singular(last_name(each.name))
            same = [value for given, value in shared if given == name]
            if each.role is Role.QUERY:
                same = same or [value for _, value in shared]
            needed = {one.name for one in operation.parameters if one.required} - {each.name}
            if same and needed <= set(asked):
                yield PlannedCall(attacker, operation.name, {**asked, each.name: same[0]})


def alike(operation: Operation, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what both users give alike: what names and tags an object, and all values.

    Args:
        operation: Stores it.
        said: Arguments of the first one's call.
    """
    values = [e.name for e in operation.parameters if e.role is Role.VALUE and e.name in said]
    return {each: said[each] for each in (*names_among(operation, said), *values)}


def _name_in(operation: Operation, said: Mapping[str, Any]) -> str:
    """Return the word of a user's by which a call names what it stores; empty for none."""
    names = [said[each] for each in names_among(operation, said)]
    return next((each for each in names if isinstance(each, str) and markers_in(each)), "")


def linking(
    example: ExampleRun, operation: Operation, said: Mapping[str, Any], name: str
) -> dict[str, str]:
    """Return the texts of a call with links to what has a name, where texts have links.

    Args:
        example: Under way.
        operation: Stores them.
        said: Its arguments.
        name: What it links to.
    """
    if not name or not speaks_of_links(example.capabilities.protected):
        return {}
    kept = names_among(operation, said)
    found: dict[str, str] = {}
    for each in operation.parameters:
        text = said.get(each.name)
        if each.role is Role.TEXT and each.name not in kept and isinstance(text, str):
            linked = f"{text} [[{name}]] [[{slug_of(name)}]]"
            if not _is_formed(each) and admits(each.schema, linked):
                found[each.name] = linked
    return found


def slug_of(name: str) -> str:
    """Return what a system makes of a name for an address, as a rule."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def speaks_of_links(operations: Sequence[Operation]) -> bool:
    """Return whether descriptions speak of links between texts, as `[[Title]]`.

    Args:
        operations: Of a server; one with a model reads what stands so as an order to it.
    """
    if any(each.conversational for each in operations):
        return False
    return any(_LINK.search(f"{each.extra.get('about') or ''} {each.name}") for each in operations)


def _is_formed(parameter: Parameter) -> bool:
    """Return whether a text has a form, which an own word may not have."""
    return any(parameter.schema.get(each) for each in ("format", "pattern", "enum"))
