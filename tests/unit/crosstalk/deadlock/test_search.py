"""Nets whose answers are known, and a slow search that must agree with the fast one."""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.deadlock.program import (
    Acquire,
    DeclarationError,
    Either,
    Held,
    Program,
    Release,
    Repeat,
    Request,
    Resource,
    Topology,
    change,
    holding,
    unfold,
)
from crosstalk.deadlock.search import predict, search, without_free_ends

State: TypeAlias = tuple[tuple[Held, Program], ...]
LOCK = Resource("lock", 1)


def of(*programs: Program) -> Topology:
    return Topology(
        "test", "", tuple(Request(f"r{number}", each) for number, each in enumerate(programs))
    )


def boundary(*programs: Program) -> int | None:
    return predict(of(*programs)).boundary


def test_a_lock_taken_twice_stalls_the_first_request() -> None:
    assert boundary(holding(LOCK, *holding(LOCK))) == 1


def test_a_lock_taken_once_never_stalls() -> None:
    assert boundary(holding(LOCK)) is None


@pytest.mark.parametrize("size", [1, 2, 5, 15])
def test_a_pool_taken_twice_stalls_at_its_size(size: int) -> None:
    pool = Resource("connection", size)
    assert boundary(holding(pool, *holding(pool))) == size


@pytest.mark.parametrize(("size", "expected"), [(2, 1), (3, 2), (4, 2), (5, 3), (15, 8)])
def test_a_pool_taken_three_times_stalls_at_half_its_size(size: int, expected: int) -> None:
    # Each of them gets two at most, and together they must get all.
    pool = Resource("connection", size)
    assert boundary(holding(pool, *holding(pool, *holding(pool)))) == expected


@pytest.mark.parametrize("seats", [2, 3, 5])
def test_dining_philosophers_stall_when_every_seat_is_taken(seats: int) -> None:
    forks = [Resource(f"fork {number}", 1) for number in range(seats)]
    meals = [holding(forks[i], *holding(forks[(i + 1) % seats])) for i in range(seats)]
    assert boundary(*meals) == seats


def test_one_left_handed_philosopher_prevents_the_stall() -> None:
    forks = [Resource(f"fork {number}", 1) for number in range(5)]
    meals = [holding(forks[i], *holding(forks[i + 1])) for i in range(4)]
    assert boundary(*meals, holding(forks[0], *holding(forks[4]))) is None


def test_waiter_who_admits_all_but_one_philosopher_prevents_the_stall() -> None:
    waiter = Resource("place at the table", 2)
    forks = [Resource(f"fork {number}", 1) for number in range(3)]
    meals = [holding(waiter, *holding(forks[i], *holding(forks[(i + 1) % 3]))) for i in range(3)]
    assert boundary(*meals) is None


def test_opposite_orders_stall_two_requests_of_different_kinds() -> None:
    other = Resource("other lock", 1)
    prediction = predict(of(holding(LOCK, *holding(other)), holding(other, *holding(LOCK))))
    assert prediction.boundary == 2
    assert prediction.stall is not None
    assert {each.position.request for each in prediction.stall.blocked} == {"r0", "r1"}


def test_event_loop_held_while_waiting_for_a_pool_stalls_one_above_its_size() -> None:
    loop, pool = Resource("loop", 1), Resource("connection", 4)
    chat = (
        *(Acquire(loop), Acquire(pool), Release(loop)),
        *(Acquire(loop), Release(pool), Release(loop)),
    )
    assert boundary(chat) == 5


def test_search_covers_choices_and_repetitions() -> None:
    pool = Resource("connection", 3)
    assert boundary(holding(pool, Either(((), holding(pool))))) == 3
    assert boundary(holding(pool, Repeat(holding(pool)))) == 3
    assert boundary((Repeat(holding(pool)),)) is None


def test_stall_path_has_the_fewest_steps() -> None:
    pool = Resource("connection", 3)
    stall = predict(of(holding(pool, *holding(pool)))).stall
    assert stall is not None
    assert stall.path == (("r0", pool),) * 3


def test_resources_whose_holders_wait_for_nothing_are_removed() -> None:
    wide = Resource("HTTP connection", 1_000)
    pool = Resource("connection", 500)
    topology = of(holding(wide, *holding(pool)), holding(pool))
    assert all(not each.program for each in without_free_ends(topology).requests)
    assert predict(topology).states == 0


@pytest.mark.parametrize(
    "program",
    [
        (Acquire(LOCK),),
        (Release(LOCK),),
        (Repeat((Acquire(LOCK),)), Release(LOCK)),
        (Either(((Acquire(LOCK),), ())), Release(LOCK)),
        holding(Resource("nothing", 0)),
    ],
)
def test_program_that_does_not_balance_is_refused(program: Program) -> None:
    with pytest.raises(DeclarationError):
        of(program)


# The slow search: requests one by one, every giving back a step of its own, nothing left out.


def stalls_slowly(programs: tuple[Program, ...], requests: int) -> bool:
    start: set[State] = {
        tuple(((), each) for each in mixture) for mixture in product(programs, repeat=requests)
    }
    seen, pending = set(start), list(start)
    while pending:
        state = pending.pop()
        moves: list[tuple[int, tuple[Held, Program]]] = []
        for number, (held, program) in enumerate(state):
            step = program[0] if program else None
            if isinstance(step, Acquire):
                taken = sum(dict(other).get(step.resource, 0) for other, _ in state)
                if taken < step.resource.capacity:
                    moves.append((number, (change(held, step.resource, 1), program[1:])))
            elif step is not None:
                moves += [(number, each) for each in unfold(held, program)]
        if not moves and any(program for _, program in state):
            return True
        for number, place in moves:
            following = (*state[:number], place, *state[number + 1 :])
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return False


_RESOURCES = (Resource("a", 1), Resource("b", 2), Resource("c", 1))


@st.composite
def programs(draw: st.DrawFn, depth: int = 2) -> Program:
    kind = draw(st.sampled_from(("hold", "hold", "crossed", "either", "repeat", "nothing")))
    first, second = draw(st.permutations(_RESOURCES))[:2]
    body = draw(programs(depth - 1)) if depth else ()
    if kind == "hold":
        return holding(first, *body)
    if kind == "crossed":
        return (Acquire(first), Acquire(second), Release(first), *body, Release(second))
    if kind == "either":
        return (Either((body, holding(first))),)
    return (Repeat(body),) if kind == "repeat" else body


@settings(max_examples=60, deadline=None)
@given(st.lists(programs(), min_size=1, max_size=2), st.integers(1, 3))
def test_search_agrees_with_a_search_that_moves_single_requests(
    kinds: list[Program], requests: int
) -> None:
    topology = of(*kinds)
    slowly = stalls_slowly(tuple(kinds), requests)
    assert (search(topology, requests)[0] is not None) == slowly
    predicted = predict(topology).boundary
    assert (predicted is not None and predicted <= requests) == slowly
