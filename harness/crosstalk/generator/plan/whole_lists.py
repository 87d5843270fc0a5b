"""Lists read to their end while another user's things lie between the reader's.

A page that is cut before it is filtered, a cursor that counts all users' rows, an order that ties
across users: each shows in a list of several pages whose rows alternate with another's, and in no
list of one page. Two users store in turn, the first and the last of all being the other's; then
one reads every list by the smallest pages to its end, in each order, and by the largest. What each
page must show is what it shows where the other is absent, so that the calls are marked for the
two-worlds phase. At last the rows behind a page are removed before it is gone on with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from crosstalk.core.history import Answer, Outcome, Probe
from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import thing_of
from crosstalk.execution.executor import PlannedCall
from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.honest_calls import in_words_of
from crosstalk.generator.examples.readings import last_cursor, options
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.examples.tenants import apart
from crosstalk.generator.plan.emptied_pages import (
    go_on_where_nothing_is_left,
    observed,
    whole_list,
)
from crosstalk.surface.capabilities import (
    Capabilities,
    is_page_place,
    page_size,
    required_references,
    smallest_page,
)
from crosstalk.surface.operation import Operation, Parameter, Role

# Objects of each kind that the reader stores; the other stores one more.
_EACH = 3
# Calls that store one of each kind, at most, and lists that are read.
_MOST_CREATORS, _MOST_LISTS = 6, 12
# Pages that are followed: the reader's objects, the page that ends the list, and one of others'.
_MOST_PAGES = _EACH + 2
# Orders in which a list is read besides its usual one, and how one is known.
_MOST_ORDERS = 2
_ORDER = re.compile(
    r"(?:^|_)(?:order|sort|direction|dir|reverse)(?:ed|ing)?(?:_by)?$", re.IGNORECASE
)
_ORDERED = re.compile(r"^(?:a|de)sc(?:ending)?$|^(?:old|new|lat)est", re.IGNORECASE)


class WholeLists:
    """Has two users store in turn, and one of them read every list to its end.

    Args:
        state: What it shares with the examples.
        random: Makes the choices.
    """

    def __init__(self, state: GeneratorState, random: Random) -> None:
        self._state = state
        self._random = random
        self._capabilities = Capabilities.of(list(state.executor.operations.values()))

    def run(self) -> None:
        """Do so once, in an example of its own."""
        lists = self._lists()
        creators = self._creators(lists)
        if len(self._state.principals.members) < 2 or not (creators and lists):
            return
        with rule_errors_stop_the_run():
            example = ExampleRun(self._state, self._capabilities)
            try:
                victim, attacker, *_ = apart(example.members, example.history.policy)
                users = Arrangement(example, self._random, victim, attacker)
                self._store_in_turn(users, creators)
                for operation in lists:
                    if users.ended:
                        break
                    _read_to_the_end(users, operation)
                    example.judge_soon(after=1)
                for operation in lists:
                    if users.ended:
                        break
                    go_on_where_nothing_is_left(users, operation, creators)
                    example.judge_soon(after=1)
                if not example.over:
                    example.judge()
            finally:
                example.end()

    def _lists(self) -> list[Operation]:
        """Return the lists with pages, in an order that is drawn: not all may fit into worlds."""
        found = [
            each
            for each in self._capabilities.protected
            if each.reads_only
            and not (each.conversational or each.descriptive or each.pushes)
            and not required_references(each)
            and (each.parameter(Role.CURSOR) is not None or _place(each) is not None)
        ]
        self._random.shuffle(found)
        return found[:_MOST_LISTS]

    def _creators(self, lists: Sequence[Operation]) -> list[Operation]:
        """Return what stores one of each kind, of what the lists show first."""
        shown = {thing_of(each.name) for each in lists}
        found: dict[str, Operation] = {}
        for each in (*self._capabilities.creators, *self._capabilities.chats):
            found.setdefault(thing_of(each.name), each)
        return sorted(found.values(), key=lambda each: thing_of(each.name) not in shown)[
            :_MOST_CREATORS
        ]

    @staticmethod
    def _store_in_turn(users: Arrangement, creators: Sequence[Operation]) -> None:
        """Have both store one of each kind after the other.

        One of the other's is in the reader's words, as what is ordered by them ties there.
        """
        example, victim, attacker = users.example, users.victim, users.attacker
        for turn in range(_EACH + 1):
            for operation in creators:
                varied = Probe("worlds", example.next_probe(), "varied", victim.name)
                planned = users.own(operation, attacker, varied)
                said = [
                    call.arguments
                    for call in example.history
                    if call.actor == victim and call.operation == operation.name
                ]
                if said and turn == _EACH - 1:
                    planned = replace(in_words_of(example, said[-1], planned), probe=varied)
                if users.ended:
                    return
                example.execute(planned)
            for operation in creators if turn < _EACH else ():
                users.use(operation, victim, observed(users), tries=1)


def _read_to_the_end(users: Arrangement, operation: Operation) -> None:
    """Have the victim read a list by the smallest pages, in each order, and by the largest."""
    whole = whole_list(users, operation)
    small = {**whole, **smallest_page(operation)}
    pages = _read_pages(users, operation, small)
    if not pages:
        return
    for order in list(_orders(operation))[:_MOST_ORDERS]:
        pages = max(pages, _read_pages(users, operation, {**small, **order}))
    # The only page of a short list is no end of one.
    users.example.state.situations["lists read to their end"] += pages > 1
    if small != whole and not users.ended:
        _read(users, operation, whole)


def _read_pages(users: Arrangement, operation: Operation, small: dict[str, Any]) -> int:
    """Have the victim read a list by pages to its end; returns how many, 0 where one is refused."""
    cursor, place = operation.parameter(Role.CURSOR), _place(operation)
    given, pages = small, 0
    while pages < _MOST_PAGES and not users.ended:
        answer = _read(users, operation, given)
        pages += 1
        if answer.outcome is not Outcome.OK:
            return 0
        following = last_cursor(answer)
        if cursor is not None and following is not None:
            given = {**small, cursor.name: following}
        elif cursor is None and place is not None:
            given = {**small, place.name: _first_place(place) + pages}
        else:
            break
    return pages


def _read(users: Arrangement, operation: Operation, given: dict[str, Any]) -> Answer:
    example, victim = users.example, users.victim
    example.state.situations["pages read"] += 1
    return example.execute(PlannedCall(victim, operation.name, given, observed(users))).answer


def _orders(operation: Operation) -> Iterator[dict[str, Any]]:
    """Yield each other order that a list can be read in: its statement may be another one."""
    for option in options(operation):
        ((name, value),) = option.items()
        if _ORDER.search(last_name(name)) or _ORDERED.search(str(value)):
            yield option


def _place(operation: Operation) -> Parameter | None:
    """Return what says where a page begins, where the size of a page can be said as well."""
    if page_size(operation) is None:
        return None
    return next(
        (
            each
            for each in operation.parameters
            if each.role is not Role.CURSOR and is_page_place(each)
        ),
        None,
    )


def _first_place(place: Parameter) -> int:
    """Return what names the first page: pages are counted from 1, rows from 0."""
    least = place.schema.get("minimum")
    if isinstance(least, int):
        return least
    return int(last_name(place.name).lower().startswith("page"))
