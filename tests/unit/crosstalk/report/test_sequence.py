"""Messages between users and the server, as a page draws them."""

from __future__ import annotations

from crosstalk.core.evidence import Exchange
from crosstalk.report.sequence import MOST_LANES, sequence_of


def _exchange(number: int, actor: str, foreign: tuple[str, ...] = ()) -> Exchange:
    return Exchange(number, f'{actor}: mcp:get {{"id": "{number}"}}', "served secret", foreign)


def test_message_goes_from_its_callers_column_to_the_servers() -> None:
    drawn = sequence_of([_exchange(1, "bob"), _exchange(2, "alice", ("secret",))])
    assert drawn.lanes == ("bob", "alice", "server")
    assert [(each.lane, each.span) for each in drawn.messages] == [(1, 3), (2, 2)]
    assert [each.call for each in drawn.messages] == ['mcp:get {"id": "1"}', 'mcp:get {"id": "2"}']
    assert [each.crossed for each in drawn.messages] == [False, True]


def test_callers_for_whom_there_is_no_column_share_one() -> None:
    drawn = sequence_of(_exchange(number, f"user{number}") for number in range(1, 10))
    assert len(drawn.lanes) == MOST_LANES
    assert drawn.lanes[-2:] == ("others", "server")
    assert [each.lane for each in drawn.messages] == [1, 2, 3, 4, *[5] * 5]
    assert drawn.messages[-1].actor == "user9"
