"""Rate limits: what one caller may do, whatever others do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from system.errors import RateLimited
from system.wire.rate_limit import RateLimit


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def spent(limit: RateLimit, key: str) -> int | None:
    """None when the request was let through, else the seconds to wait."""
    try:
        limit.spend(key)
    except RateLimited as refused:
        return refused.retry_after
    return None


def test_rate_limit_passes_a_burst_and_refuses_the_next_with_a_retry_time() -> None:
    limit = RateLimit(30, 3, clock=Clock())
    assert [spent(limit, "alice") for _ in range(4)] == [None, None, None, 2]


def test_rate_limit_passes_a_request_after_the_retry_time() -> None:
    clock = Clock()
    limit = RateLimit(7, 2, clock=clock)
    for _ in range(50):
        wait = spent(limit, "alice")
        if wait is not None:
            clock.now += wait
            assert spent(limit, "alice") is None


def test_rate_limit_does_not_count_a_refused_request() -> None:
    clock = Clock()
    limit = RateLimit(60, 1, clock=clock)
    assert spent(limit, "alice") is None
    assert [spent(limit, "alice") for _ in range(100)] == [1] * 100
    clock.now += 1
    assert spent(limit, "alice") is None


def test_rate_limit_holds_in_the_long_run() -> None:
    clock = Clock()
    limit = RateLimit(60, 5, clock=clock)
    passed = 0
    for _ in range(6_000):
        passed += spent(limit, "alice") is None
        clock.now += 0.1
    assert 600 <= passed <= 605


@given(
    requests=st.lists(st.tuples(st.booleans(), st.floats(0, 3)), max_size=60),
    per_minute=st.integers(1, 600),
    burst=st.integers(1, 5),
)
def test_rate_limit_of_one_caller_does_not_depend_on_another(
    requests: list[tuple[bool, float]], per_minute: int, burst: int
) -> None:
    def answers(with_bob: bool) -> list[int | None]:
        clock = Clock()
        limit = RateLimit(per_minute, burst, clock=clock)
        seen: list[int | None] = []
        for by_bob, pause in requests:
            clock.now += pause
            if not by_bob:
                seen.append(spent(limit, "alice"))
            elif with_bob:
                spent(limit, "bob")
        return seen

    assert answers(with_bob=True) == answers(with_bob=False)


def test_rate_limit_memory_is_bounded_and_dropping_favours_the_owner() -> None:
    clock = Clock()
    limit = RateLimit(1, 1, max_keys=100, clock=clock)
    for number in range(1_000):
        assert spent(limit, f"user-{number}") is None
    assert len(limit) == 100
    assert spent(limit, "user-999") is not None
    assert spent(limit, "user-0") is None


def test_rate_limit_drops_full_buckets() -> None:
    clock = Clock()
    limit = RateLimit(60, 10, clock=clock)
    for number in range(50):
        spent(limit, f"user-{number}")
    clock.now += 3_600
    for _ in range(50):
        spent(limit, "alice")
        clock.now += 1
    assert len(limit) <= 2
