"""Another user's cursor, on the page that shows what its owner has stored in this example.

Lists go on where there is more than a page holds: a page of one is asked for where that is
possible, and otherwise so much is stored that there is a second one. Where rows stay, what is new
stands behind those of before, so that pages are followed to it, or only what is new is listed, by a
filter of which it has another value than all before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.core.identifiers import identifiers_of, is_marker, last_name
from crosstalk.core.object_kinds import is_plain, kind_named, thing_of
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, makers
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.examples.readings import last_cursor
from crosstalk.generator.survey.reach import is_open
from crosstalk.surface.capabilities import (
    observation_arguments,
    page_size,
    required_references,
    smallest_page,
)
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.patterns import renewed

NAME = "pages"
# Two pages read by their owner, one by the other, and what they show stored first.
_LEAST_CALLS = 6
# What is there before the list is read, and what is stored for a second page each time before it is
# looked for: pages hold five or ten, and more where calls are many.
_AT_FIRST = 2
_FEW_MORE, _MANY_MORE = (4, 5), (4, 5, 10, 10, 10, 10, 10)
# Pages that are followed.
_MOST_PAGES = 6
_FILTERS = (Role.TEXT, Role.VALUE, Role.NAME, Role.REFERENCE)
# Rows of a page that replays will not fill up before what is new.
_FEW_ROWS = 10


@dataclass(frozen=True, slots=True)
class _Paged:
    """A list of the victim's.

    Attributes:
        users: Who act.
        operation: The list.
        whole: Arguments for its largest page, as the victim gives them.
        probe: Number of these readings.
        narrow: Last names of a filter, with the value that only what is new has.
    """

    users: Arrangement
    operation: Operation
    whole: Mapping[str, Any]
    probe: int
    narrow: Mapping[str, str] = field(default_factory=dict)

    @property
    def cursor(self) -> str:
        """Return the name of the argument that takes the cursor."""
        return next(e.name for e in self.operation.parameters if e.role is Role.CURSOR)

    def read(self, more: Mapping[str, Any]) -> Call:
        """Have the victim read."""
        victim = self.users.victim
        probe = Probe("ownership", self.probe, "before", victim.name)
        given = {**self.whole, **self.filter_of(self.operation), **more}
        return self.users.example.execute(PlannedCall(victim, self.operation.name, given, probe))

    def filter_of(self, operation: Operation) -> dict[str, str]:
        """Return the arguments of an operation that hold the value of the filter."""
        found = {each.name: self.narrow.get(last_name(each.name)) for each in operation.parameters}
        return {name: text for name, text in found.items() if text is not None}


class PagesPart:
    """Has the attacker go on where the victim's list does."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Make it of each list that goes on, where it was not done yet.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        state = users.example.state
        begun = state.executor.calls_made
        for operation in _listings(users):
            made = state.executor.calls_made - begun
            if users.ended or most - made < _LEAST_CALLS:
                return
            if state.choices[NAME, operation.name] or ("canary", operation.name) in state.found():
                continue
            state.choices[NAME, operation.name] += 1
            self._try(users, operation, most - made)

    @staticmethod
    def _try(users: Arrangement, operation: Operation, most: int) -> None:
        """Have both read one list from one cursor on."""
        whole = _first_page(users, operation, users.victim)
        if whole is None:
            return
        paged = _Paged(users, operation, whole, users.example.next_probe())
        paged, cursor = _cursor_before_new(paged, most - 2)
        theirs = _first_page(users, operation, users.attacker) if cursor is not None else None
        if theirs is not None and not users.ended:
            asked = {**theirs, **paged.filter_of(operation), paged.cursor: cursor}
            attack = Probe("ownership", paged.probe, "attack", users.victim.name)
            users.example.execute(PlannedCall(users.attacker, operation.name, asked, attack))


def _listings(users: Arrangement) -> list[Operation]:
    """Return what goes on by a cursor and shows what users have stored."""
    return [
        each
        for each in users.example.capabilities.protected
        if each.reads_only
        and not (each.conversational or each.descriptive or each.pushes)
        and each.parameter(Role.CURSOR) is not None
        and not each.name.partition(":")[2].startswith(("resources/", "prompts/"))
    ]


def _first_page(users: Arrangement, operation: Operation, actor: Actor) -> dict[str, Any] | None:
    """Return arguments of the largest page without a filter; None where nothing can be named."""
    if not users.able(operation, actor):
        Provision.by(users.example, users.drawer).for_call(operation, actor)
    if users.ended or not users.able(operation, actor):
        return None
    needed = {each.name for each in operation.parameters if each.required}
    own = users.own(operation, actor).arguments
    return {
        **{name: value for name, value in own.items() if name in needed},
        **observation_arguments(operation, users.example.history, actor),
    }


def _cursor_before_new(paged: _Paged, most: int) -> tuple[_Paged, str | None]:
    """Return a cursor behind which the victim's list shows something new; None where none does.

    Args:
        paged: The list.
        most: Calls that it may take, about.

    Returns:
        The list as it is read, perhaps with a filter, and the cursor.
    """
    users, executor = paged.users, paged.users.example.state.executor
    begun = executor.calls_made
    if not any(users.able(each, users.victim) for each in _creators(paged)[0]):
        # What it stands in has to be made first.
        users.store(users.victim, each=1)
    for _ in range(_AT_FIRST - len(_stored(paged))):
        _store(paged)
    page = paged.read(smallest_page(paged.operation))
    if _next(page) is not None and not _shows_new(paged, page) and not paged.narrow:
        narrowed = _narrowed(paged)
        if narrowed is not None:
            _store(narrowed)
        # A state is one of a few, whatever its schema says.
        if narrowed is not None and _stored(narrowed):
            return _cursor_before_new(narrowed, most - (executor.calls_made - begun))
    cursor = _next(page)
    if cursor is None:
        cursor = _second_page(paged, page, most - (executor.calls_made - begun))
    for _ in range(_MOST_PAGES):
        if cursor is None or users.ended or executor.calls_made - begun >= most:
            break
        page = paged.read({paged.cursor: cursor})
        if _shows_new(paged, page):
            return paged, _near_the_end(paged, page, cursor)
        cursor = _next(page)
    return paged, None


def _narrowed(paged: _Paged) -> _Paged | None:
    """Return the list with a filter by what objects are given when they are stored, if any."""
    users = paged.users
    stored = {last_name(e.name) for operation in _creators(paged)[0] for e in operation.parameters}
    for each in paged.operation.parameters:
        name = last_name(each.name)
        if each.required or not is_open(each) or each.role not in _FILTERS:
            continue
        # A shelf is named as it is called, and a project by an id that the system gives.
        if name in stored and is_plain(name):
            number = users.random.getrandbits(32) | 1
            text = renewed("", each.schema, number) or users.example.state.plant(users.victim.name)
            return replace(paged, narrow={name: text})
    return None


def _second_page(paged: _Paged, page: Call, most: int) -> str | None:
    """Have the victim store until the list goes on; return its cursor, if it does."""
    users, executor = paged.users, paged.users.example.state.executor
    begun = executor.calls_made
    for more in _FEW_MORE if users.example.state.is_short else _MANY_MORE:
        rows = _rows(page)
        if executor.calls_made - begun + more >= most:
            return None
        for _ in range(more):
            _store(paged)
        if users.ended:
            return None
        page = paged.read(smallest_page(paged.operation))
        cursor = _next(page)
        if cursor is not None or _rows(page) <= rows:
            # What does not grow shows something else.
            return cursor
    return None


def _near_the_end(paged: _Paged, page: Call, cursor: str) -> str:
    """Return the cursor, or one nearer to what is new where that is the last of many rows.

    Each replay stores more, and the page would end before it.
    """
    size, rows = page_size(paged.operation), _rows(page)
    last = _last_row(page.answer.body)
    if size is None or rows < _FEW_ROWS or _new(paged).isdisjoint(_texts(last)):
        return cursor
    nearer = _next(paged.read({paged.cursor: cursor, size.name: rows - 1}))
    if nearer is None or not _shows_new(paged, paged.read({paged.cursor: nearer})):
        return cursor
    return nearer


def _next(page: Call) -> str | None:
    """Return where a list goes on; None where it ends, or was not shown."""
    if page.answer.outcome is not Outcome.OK:
        return None
    return last_cursor(page.answer)


def _shows_new(paged: _Paged, page: Call) -> bool:
    return page.answer.outcome is Outcome.OK and not _new(paged).isdisjoint(page.received)


def _new(paged: _Paged) -> set[str]:
    """Return the words that the victim has planted in this example."""
    return {word for call in _stored(paged) for word in call.sent if is_marker(word)}


def _stored(paged: _Paged) -> list[Call]:
    """Return the victim's calls by which something of the list's kind was stored."""
    users = paged.users
    same, others = _creators(paged)
    names = {each.name for each in same or others}
    return [
        call
        for call in users.example.history
        if call.actor == users.victim
        and call.operation in names
        and call.answer.outcome is Outcome.OK
        and all(text in call.arguments.values() for text in paged.narrow.values())
    ]


def _store(paged: _Paged) -> None:
    """Have the victim store one more of what the list shows, or of each kind where none says so."""
    same, others = _creators(paged)
    users = paged.users
    for operation in same or others:
        if paged.narrow and not paged.filter_of(operation):
            continue
        if users.ended or not users.able(operation, users.victim):
            continue
        planned = users.own(operation, users.victim)
        given = {**planned.arguments, **paged.filter_of(operation)}
        answer = users.example.execute(replace(planned, arguments=given)).answer
        if same and answer.outcome is Outcome.OK:
            return


def _creators(paged: _Paged) -> tuple[list[Operation], list[Operation]]:
    """Return what stores what the list shows, by its name, and what else stores on its surface."""
    example = paged.users.example
    creators = example.capabilities.creators_on(paged.operation)
    near = {each.surface for each in creators}
    every = [*creators, *(each for each in makers(example) if each.surface in near)]
    thing = thing_of(paged.operation.name)
    same = [each for each in every if thing_of(each.name) == thing]
    # `change_job` makes none, and `take_in` says nothing of jobs, but its answers do.
    making = [each for each in same if not _names_one(each, thing)]
    telling = [each for each in every if thing in example.pool.kinds_shown(each.name)]
    return making or [each for each in telling if not required_references(each)] or same, every


def _names_one(operation: Operation, thing: str) -> bool:
    """Return whether an operation has to name an object of the kind that a list shows."""
    named = required_references(operation)
    return any(thing_of(kind_named(each.name, operation.name)) == thing for each in named)


def _rows(page: Call) -> int:
    return max((len(each) for each in _lists(page.answer.body)), default=0)


def _last_row(body: Any) -> Any:
    longest = max(_lists(body), key=len, default=[])
    return longest[-1] if longest else None


def _lists(body: Any) -> Iterator[list[Any]]:
    """Yield the lists of an answer, but none that stands inside another."""
    if isinstance(body, list):
        yield body
    elif isinstance(body, Mapping):
        for each in body.values():
            yield from _lists(each)


def _texts(value: Any) -> set[str]:
    return set(identifiers_of(value))
