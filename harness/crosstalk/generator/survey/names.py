"""Words that another user has taken, and the same call with words that no user has.

Where what a user may call something depends on what others have called theirs, the refusal tells of
their objects: a title, a slug, a number plate, an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.core.identifiers import (
    cut_marker,
    is_uuid,
    last_name,
    map_markers,
    markers_in,
    remarked_cut,
)
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, changes, makers
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.examples.readings import stored_by
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.oracles.pair import Pair
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Parameter, Role

NAME = "names"
# Under which it is counted what was stored in the words of a removed object.
_FREED = "names of removed objects"
# Of one comparison.
_LEAST_CALLS = 3
# Draws until a text holds a word of its user's.
_TRIES = 6


class NamesPart:
    """Has the attacker store what the victim has stored, in the same words and in free ones."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Make a pair by each operation that stores words, where none was made yet.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example = users.example
        begun = example.state.executor.calls_made
        provision = Provision.by(example, users.drawer)
        for operation in _storing(users):
            if users.spent(begun, most):
                return
            if example.state.choices[NAME, operation.name]:
                continue
            stored = users.use(operation, users.victim)
            stored = stored and _with_optional_words(users, operation, stored)
            if stored is None or not words_in(operation, stored.arguments):
                continue
            if not users.able(operation, users.attacker):
                # In an example that has just begun the attacker has nothing to store it in.
                provision.for_call(operation, users.attacker)
            # The second call of a pair would book the same entry of a catalogue again.
            if not users.able(operation, users.attacker, listed=False):
                # Both calls would be refused for what the attacker does not have.
                continue
            example.state.choices[NAME, operation.name] += 1
            served = False
            for planned in in_words_of_another(users, operation, stored):
                answer = example.execute_spoilt(planned).answer
                served = served or answer.outcome is Outcome.OK
            example.state.situations["taken names tried"] += served


def store_in_words_of_another(users: Arrangement, operation: Operation) -> None:
    """Have the attacker store what the victim has stored, and in free words only where the answer
    is not the victim's.

    Args:
        users: Who act.
        operation: Stores words.
    """
    example, victim = users.example, users.victim
    if operation.conversational or not users.able(operation, users.attacker, listed=False):
        return
    # What was sent besides may say whose it is to be.
    declared = {each.name for each in operation.parameters}
    stored = next(
        (
            each
            for each in stored_by(example, victim)
            if each.operation == operation.name and declared.issuperset(each.arguments)
        ),
        None,
    )
    if users.ended or stored is None or not words_in(operation, stored.arguments):
        return
    _store_in_both(users, operation, stored)
    # With words in every argument that has room for one, the survey has nothing to add.
    example.state.choices[NAME, operation.name] += not _lacking(users, operation, stored.arguments)


def store_in_freed_words(users: Arrangement) -> None:
    """Have the attacker store what the victim has stored and removed since, and in free words only
    where the answer is not the victim's: a name may stay taken for all but whoever had it.

    Args:
        users: Who act; the victim's calls are of this example.
    """
    example, attacker = users.example, users.attacker
    said = {
        word for call in example.history if call.actor.user == attacker.user for word in call.sent
    }
    for operation, stored in _removed_since(users):
        words = {
            word
            for text in words_in(operation, stored.arguments).values()
            for word in markers_in(text) or [text]
        }
        if users.ended or not words or not words.isdisjoint(said):
            continue
        if users.able(operation, attacker, listed=False):
            example.state.choices[_FREED, operation.name] += 1
            _store_in_both(users, operation, stored)
            example.state.situations["names of removed objects tried"] += 1
            said |= words


def _removed_since(users: Arrangement) -> Iterator[tuple[Operation, Call]]:
    """Yield what has stored an object that the victim has removed since, once an operation."""
    example, victim = users.example, users.victim
    operations = example.state.executor.operations
    gone: set[str] = set()
    for call in stored_by(example, victim):
        operation = operations[call.operation]
        if removes(operation):
            # What stands inside something is named after it.
            for each in required_references(operation)[-1:]:
                given = call.arguments.get(each.name)
                gone |= {str(one) for one in (given if isinstance(given, list) else [given])}
        elif not operation.conversational and not example.state.choices[_FREED, operation.name]:
            made = {str(each) for each in call.texts} - {str(each) for each in call.sent}
            named = {str(each) for each in call.arguments.values()}
            if gone & (made - named):
                yield operation, call


def _store_in_both(users: Arrangement, operation: Operation, stored: Call) -> None:
    """Have the attacker store in the victim's words, and in free ones if that was not alike."""
    taken: Call | None = None
    for planned in in_words_of_another(users, operation, stored):
        if taken is not None and not Pair.of(taken, stored).plain:
            break
        call = users.example.execute_spoilt(planned)
        taken = taken or call


def _with_optional_words(users: Arrangement, operation: Operation, stored: Call) -> Call:
    """Return a call of the victim's with a word in every argument that has room for one.

    A place or a reference number need not be given: what is compared by it meets only where it is.
    An address that all users have now and then would be taken for every one of them.
    """
    victim = users.victim
    said = _optional_words(users, operation, stored.arguments, victim)
    if not said:
        return stored
    own = users.own(operation, victim).arguments
    fresh = {name: value for name, value in own.items() if name not in said}
    call = users.example.execute(PlannedCall(victim, operation.name, {**fresh, **said}))
    return call if call.answer.outcome is Outcome.OK else stored


def said_in_words(users: Arrangement, operation: Operation, actor: Actor) -> dict[str, Any]:
    """Return arguments of a user's own, with a word in every one that has room for it.

    Args:
        users: Who act.
        operation: Stores words.
        actor: Whose arguments they are.
    """
    own = users.own(operation, actor).arguments
    return {**own, **_optional_words(users, operation, own, actor)}


def _optional_words(
    users: Arrangement, operation: Operation, said: Mapping[str, Any], actor: Actor
) -> dict[str, Any]:
    """Return a user's words for the arguments that have room for one and lack it."""
    drawn = {
        each.name: _word_of_ones_own(users, operation, each, actor)
        for each in _lacking(users, operation, said)
    }
    return {name: text for name, text in drawn.items() if markers_in(str(text))}


def _lacking(users: Arrangement, operation: Operation, said: Mapping[str, Any]) -> list[Parameter]:
    """Return the arguments that have room for a word, of which a call has said none."""
    public = _named_in_public(users)
    return [
        each
        for each in operation.parameters
        if (
            (each.role is Role.TEXT or operation.chooses(each))
            and not (each.required or each.many)
            and last_name(each.name) not in public
            and each.name not in said
        )
        or (each.role in (Role.TEXT, Role.NAME) and _is_common(said.get(each.name)))
    ]


def _named_in_public(users: Arrangement) -> set[str]:
    """Return the names of what public readings are asked for: whether a `/{slug}` is taken is known
    to all.
    """
    return {
        last_name(parameter.name)
        for each in users.example.state.executor.operations.values()
        if each.public and each.reads_only
        for parameter in each.parameters
        if f"{{{parameter.name}}}" in each.name
    }


def _is_common(value: Any) -> bool:
    """Return whether a text holds the word of all users, and none of its own user's."""
    return isinstance(value, str) and COMMON_WORD in value and not markers_in(value)


def _word_of_ones_own(
    users: Arrangement, operation: Operation, parameter: Parameter, actor: Actor
) -> Any:
    """Return what a user gives to an argument, with a word of the user's own if it has room."""
    for _ in range(_TRIES):
        found = users.drawer.own_value(operation, parameter, actor)
        if markers_in(str(found)):
            break
    return found


def _storing(users: Arrangement) -> list[Operation]:
    """Return what stores words of a user's: what makes something first."""
    changing = [each for each in changes(users.example) if each.stores and not removes(each)]
    found = [*users.example.capabilities.creators, *makers(users.example), *changing]
    return [each for each in found if not each.conversational]


def words_in(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts and names of a call that hold a word of the caller's.

    Args:
        operation: What is called.
        arguments: Of the call.
    """
    return {
        each.name: arguments[each.name]
        for each in operation.parameters
        if each.role in (Role.TEXT, Role.NAME)
        and isinstance(arguments.get(each.name), str)
        and (
            markers_in(arguments[each.name])
            or _is_cut(arguments[each.name], each)
            or _is_chosen_id(arguments[each.name], each)
        )
    }


def _is_chosen_id(text: str, parameter: Parameter) -> bool:
    """Return whether a text is an id by which its user chose to call what is stored."""
    return parameter.role is Role.NAME and is_uuid(text)


def _is_cut(text: str, parameter: Parameter) -> bool:
    """Return whether a text is the end of a marker, as the schema has no room for a whole one."""
    return remarked_cut(text, parameter.schema, 1) != text


def in_words_of_another(
    users: Arrangement, operation: Operation, stored: Call
) -> Iterator[PlannedCall]:
    """Yield the attacker's call in the victim's words, and in words that no user has.

    Args:
        users: Who act.
        operation: Stores words.
        stored: The victim's call of it.
    """
    example, attacker = users.example, users.attacker
    public = _named_in_public(users)
    given = words_in(operation, stored.arguments)
    words = {name: text for name, text in given.items() if last_name(name) not in public}
    drawn = users.own(operation, attacker).arguments
    named = {each.name for each in operation.parameters if each.refers and each.name not in given}
    keys = {each.name for each in operation.parameters if each.role in (Role.KEY, Role.CURSOR)}
    shared = {
        name: value
        for name, value in stored.arguments.items()
        if name not in named and name not in keys
    }
    # What a call names anew is taken by the first of the two.
    chosen = {each.name for each in operation.parameters if operation.chooses(each)}
    shared |= {name: drawn[name] for name in named - chosen if name in drawn}
    fresh = {name: drawn[name] for name in named & chosen if isinstance(drawn.get(name), str)}
    fresh |= {name: text for name, text in given.items() if name not in words}
    shared |= example.with_identity(operation, attacker)

    def new(_: str) -> str:
        return example.state.plant(attacker.name)

    def free(text: str) -> str:
        """Return another text of its form, which no user has said."""
        if is_uuid(text):
            return users.drawer.choice.uuid()
        # What is cut is cut to the same length: a longer one may be refused for that alone.
        return map_markers(text, new) if markers_in(text) else cut_marker(new(""), len(text))

    number = example.next_probe()
    parts: tuple[tuple[Literal["foreign", "missing"], dict[str, str]], ...] = (
        ("foreign", words),
        ("missing", {name: free(text) for name, text in words.items()}),
    )
    for part, said in parts:
        probe = Probe("names", number, part, users.victim.name)
        apart = {name: free(text) for name, text in fresh.items()}
        yield PlannedCall(attacker, operation.name, {**shared, **apart, **said}, probe)
