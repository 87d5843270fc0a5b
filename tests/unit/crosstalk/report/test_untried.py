"""What of a system a run did not reach, in a line each."""

from __future__ import annotations

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Control, Inconclusive, InconclusiveKind
from crosstalk.report.untried import (
    limited_sentence,
    public_sentence,
    situation_lines,
    untried_lines,
)


def test_untried_lines_names_the_number_and_the_first_few_with_what_came_back() -> None:
    open_ones = [
        Inconclusive(InconclusiveKind.NOT_SERVED, f"rest:GET /{each}", "never served: 422 body")
        for each in "abcd"
    ]
    unsteady = Inconclusive(InconclusiveKind.UNSTEADY, "list", "two readings in a row differ")
    result = CampaignResult("inconclusive", 1, 1.0, 7, [], {}, [unsteady, *open_ones])
    result.skipped = {"mcp:wipe": "it empties the disk"}
    assert untried_lines(result) == [
        "4 not served or not tried: rest:GET /a: never served: 422 body; rest:GET /b: never "
        "served: 422 body; rest:GET /c: never served: 422 body; and 1 more, named by "
        "`crosstalk coverage`",
        "1 skipped: mcp:wipe: it empties the disk",
    ]


def test_untried_lines_says_how_many_calls_would_serve_everything() -> None:
    open_one = Inconclusive(InconclusiveKind.NOT_TRIED, "rest:GET /a", "no call was made")
    controls = {"rest:GET /a": Control(), "rest:GET /b": Control(), "layer mcp": Control()}
    result = CampaignResult("inconclusive", 1, 1.0, 7, [], controls, [open_one], needed=20)
    assert untried_lines(result)[-1] == "2 operations need about 20 calls (--calls)"
    result.inconclusive = []
    assert untried_lines(result) == []


def test_untried_lines_names_phases_that_had_less_than_a_whole_turn() -> None:
    result = CampaignResult("clean", 1, 1.0, 7, [], {}, [], short={"two-worlds": (17, 100)})
    assert untried_lines(result) == [
        "less than a whole turn for two-worlds 17 of 100 calls (more --calls give it)"
    ]


def test_untried_lines_is_empty_where_everything_was_served() -> None:
    assert untried_lines(CampaignResult("clean", 1, 1.0, 7, [], {}, [])) == []


def test_situation_lines_name_those_not_made_once_for_each_reason_and_none_after_a_leak() -> None:
    result = CampaignResult("clean", 1, 1.0, 7, [], {}, [], situations={"floods": 1, "waits": 2})
    result.situations_not_made = {"pages": "no time", "equal words": "no time", "later": "no list"}
    assert situation_lines(result) == [
        "situations made on purpose: 2 kinds, by `crosstalk coverage`",
        "2 situations not made: equal words, pages (no time)",
        "1 situation not made: later (no list)",
    ]
    result.verdict = "leak"
    assert len(situation_lines(result)) == 1


def test_public_sentence_names_what_is_the_same_for_every_user() -> None:
    result = CampaignResult("clean", 1, 1.0, 7, [], {}, [])
    assert public_sentence(result) == ""
    result.public = ("mcp:list_units", "rest:GET /catalogue")
    said = public_sentence(result)
    assert said == "public, the same for every user: list_units, GET /catalogue"


def test_limited_sentence_names_what_was_refused_most_for_being_called_too_often() -> None:
    result = CampaignResult("clean", 1, 1.0, 7, [], {}, [])
    assert limited_sentence(result) == ""
    result.limited = {"rest:GET /a": 1, "rest:POST /b": 40, "mcp:c": 7, "mcp:d": 2}
    said = limited_sentence(result)
    assert "(429): POST /b 40, c 7, d 2 and 1 more; a higher" in said
