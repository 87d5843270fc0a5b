"""The ownership oracle on histories written by hand."""

from __future__ import annotations

import pytest

from crosstalk.core.history import Answer, Flow, Outcome, Probe
from crosstalk.oracles import Ownership
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused

BEFORE = Probe("ownership", 1, "before", "alice")
ATTACK = Probe("ownership", 1, "attack", "alice")
AFTER = Probe("ownership", 1, "after", "alice")


def story(first: Answer, second: Answer) -> Writer:
    """Alice reads, bob acts, alice reads again."""
    return (
        Writer()
        .call(ALICE, "list", {"limit": 100}, first, BEFORE)
        .call(BOB, "update", {"task_id": "x"}, ok({}), ATTACK)
        .call(ALICE, "list", {"limit": 100}, second, AFTER)
    )


def test_ownership_fires_when_what_the_victim_reads_has_changed() -> None:
    (suspicion,) = Ownership().judge(story(ok(["milk"]), ok(["stolen"])).history)
    assert suspicion.operation == "update"
    assert suspicion.calls == (1, 2, 3)


def test_ownership_fires_when_the_victims_reading_fails_afterwards() -> None:
    gone = Answer(Outcome.ERROR, 404, None, {}, "not_found")
    assert Ownership().judge(story(ok(["milk"]), gone).history)


def test_ownership_is_silent_when_nothing_changed() -> None:
    assert Ownership().judge(story(ok(["milk"]), ok(["milk"])).history) == []


def test_ownership_is_silent_when_the_victim_acted_in_between() -> None:
    writer = Writer().call(ALICE, "list", {}, ok(["milk"]), BEFORE)
    writer.call(BOB, "update", {}, ok({}), ATTACK).call(ALICE, "add", {}, ok({}))
    writer.call(ALICE, "list", {}, ok(["milk", "bread"]), AFTER)
    assert Ownership().judge(writer.history) == []


def test_ownership_is_silent_without_an_attack() -> None:
    writer = Writer().call(ALICE, "list", {}, ok([1]), BEFORE)
    writer.call(ALICE, "list", {}, ok([2]), AFTER)
    assert Ownership().judge(writer.history) == []


def test_ownership_is_silent_where_the_reading_is_meant_to_show_what_others_store() -> None:
    history = story(ok(["milk"]), ok(["milk", "bread of bob"])).history
    history.allowed_flows = (Flow("bob", "alice", frozenset({"list"})),)
    assert Ownership().judge(history) == []
    history = story(ok(["milk"]), ok(["milk", "bread of bob"])).history
    history.allowed_flows = (Flow("bob", "alice", frozenset({"search"})),)
    assert Ownership().judge(history)


def test_ownership_says_nothing_of_a_reading_that_was_limited() -> None:
    limited = Answer(Outcome.LIMITED, 429, None)
    assert Ownership().judge(story(ok(["milk"]), limited).history) == []


def test_ownership_counts_the_attacking_calls_as_opportunities() -> None:
    assert Ownership().opportunities(story(ok([1]), ok([1])).history) == {"update": 1}


def test_ownership_is_silent_where_two_readings_in_a_row_already_differ() -> None:
    writer = Writer().call(ALICE, "get", {"task_id": "x"}, ok({"views": 1}), BEFORE)
    writer.call(ALICE, "get", {"task_id": "x"}, ok({"views": 2}), BEFORE)
    writer.call(BOB, "update", {"task_id": "x"}, ok({}), ATTACK)
    writer.call(ALICE, "get", {"task_id": "x"}, ok({"views": 3}), AFTER)
    assert Ownership().judge(writer.history) == []


def tagged(*tags: str) -> Writer:
    """Alice's list, whose body never changes, with these validators; bob acts before the last."""
    writer = Writer()
    for tag in tags[:-2]:
        writer.call(ALICE, "list", {"limit": 100}, ok(["milk"], 200, etag=tag))
    writer.call(ALICE, "list", {"limit": 100}, ok(["milk"], 200, etag=tags[-2]), BEFORE)
    writer.call(BOB, "update", {"task_id": "x"}, ok({}), ATTACK)
    return writer.call(ALICE, "list", {"limit": 100}, ok(["milk"], 200, etag=tags[-1]), AFTER)


def test_ownership_fires_when_a_validator_alone_has_changed() -> None:
    (suspicion,) = Ownership().judge(tagged("a", "a", "b").history)
    assert "(headers.etag)" in suspicion.summary
    assert Ownership().judge(tagged("a", "a", "a").history) == []


def test_ownership_names_the_calls_that_show_a_validator_to_be_steady() -> None:
    # A replay of the readings and the act alone would not know that the header does not differ
    # by itself.
    (suspicion,) = Ownership().judge(tagged("a", "a", "b").history)
    assert suspicion.besides == (1, 2)
    assert suspicion.calls[0] == 2


def test_ownership_fires_by_a_validator_that_counts_the_owners_own_changes() -> None:
    writer = Writer()
    for tag in ("a", "a"):
        writer.call(ALICE, "rest:GET /list", {}, ok(["milk"], 200, etag=tag))
    # What she changes here her list does not show.
    writer.call(ALICE, "rest:PATCH /settings", {}, ok({}))
    for tag in ("b", "b"):
        writer.call(ALICE, "rest:GET /list", {}, ok(["milk"], 200, etag=tag), BEFORE)
    writer.call(BOB, "rest:POST /items", {}, ok({}), ATTACK)
    writer.call(ALICE, "rest:GET /list", {}, ok(["milk"], 200, etag="c"), AFTER)
    (suspicion,) = Ownership().judge(writer.history)
    assert "(headers.etag)" in suspicion.summary


def test_ownership_is_silent_about_a_header_that_differs_by_itself() -> None:
    assert Ownership().judge(tagged("1", "2", "3").history) == []
    # It came again once, and differed while nobody else acted.
    assert Ownership().judge(tagged("1", "1", "2", "3").history) == []


def test_ownership_has_no_opportunity_where_the_victim_reads_nothing_of_their_own() -> None:
    assert not Ownership().opportunities(story(ok({"items": [], "total": 0}), ok([])).history)


def effect(*outcomes: Answer, acted: bool = True) -> Writer:
    """Two logins of alice, an act of bob's and another login of alice, answered so."""
    story = Writer()
    *before, after = outcomes
    for answer in before:
        story.call(ALICE, "POST /login", {}, answer, Probe("effect", 1, "before", "alice"))
    if acted:
        probe = Probe("effect", 1, "attack", "alice")
        story.call(BOB, "PUT /users/alice/password", {}, ok(None, 204), probe)
    return story.call(ALICE, "POST /login", {}, after, Probe("effect", 1, "after", "alice"))


IN, OUT = ok({"token": "t"}), refused(403, "forbidden")


def test_ownership_fires_when_a_call_that_worked_twice_works_no_more() -> None:
    (found,) = Ownership().judge(effect(IN, IN, OUT).history)
    assert found.operation == "PUT /users/alice/password"
    assert found.calls == (1, 2, 3, 4)
    assert "POST /login does not work for alice any more after bob acted" in found.summary


@pytest.mark.parametrize(
    "story",
    [
        effect(IN, IN, IN),
        effect(IN, OUT, OUT),
        effect(OUT, IN, OUT),
        effect(IN, IN, OUT, acted=False),
    ],
    ids=["works on", "did not work twice", "worked once", "nobody acted"],
)
def test_ownership_does_not_fire_by_effect_where_nothing_was_lost(story: Writer) -> None:
    assert Ownership().judge(story.history) == []


def test_act_without_effect_counts_as_an_opportunity() -> None:
    found = Ownership().opportunities(effect(IN, IN, IN).history)
    assert found == {"PUT /users/alice/password": 1}


@pytest.mark.parametrize("leaks", [False, True])
def test_ownership_is_silent_about_what_the_victim_has_looked_for_lately(*, leaks: bool) -> None:
    asked = {"query": "note"}
    history = (
        Writer()
        .call(ALICE, "search", asked, ok({"found": 1, "lately": ["other", "oldest"]}), BEFORE)
        .call(BOB, "add", {}, ok({}), ATTACK)
        .call(ALICE, "search", asked, ok({"found": 1 + leaks, "lately": ["note", "other"]}), AFTER)
        .history
    )
    assert bool(Ownership().judge(history)) is leaks
