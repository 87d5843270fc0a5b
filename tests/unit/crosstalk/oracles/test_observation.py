"""What stays of an answer when the world is taken out of it."""

from __future__ import annotations

import uuid
from typing import Any

from crosstalk.core.history import Answer, Call
from crosstalk.core.identifiers import marker
from crosstalk.oracles.observation import Normalizer, described, differences, echoing_places
from tests.unit.crosstalk.histories import ALICE, ok

SUBJECTS = {"alice": "alice-1f", "bob": "bob-1f"}


def seen(
    *answers: Answer, arguments: dict[str, Any] | None = None, concurrent: bool = False
) -> list[dict[str, str]]:
    """Observations of these answers, one after the other."""
    normalizer = Normalizer(SUBJECTS, concurrent=concurrent)
    return [
        normalizer.observation(Call(place, ALICE, "list_notes", arguments or {}, each, 0.0, 0.0))
        for place, each in enumerate(answers, start=1)
    ]


def test_ids_are_told_apart_and_not_what_they_are() -> None:
    def world() -> list[dict[str, str]]:
        one, two = str(uuid.uuid4()), str(uuid.uuid4())
        return seen(ok({"id": one}), ok({"items": [{"id": two}, {"id": one.upper()}]}))

    assert world() == world()
    assert world()[0]["body.id"] == world()[1]["body.items.1.id"] != world()[1]["body.items.0.id"]


def test_words_stay_and_subjects_become_names() -> None:
    said = f"{marker('alice', 7)} of alice-1f and bob-1f"
    (observation,) = seen(ok({"title": said}))
    assert observation["body.title"] == f"{marker('alice', 7)} of <alice> and <bob>"


def test_number_that_is_an_id_shows_by_its_distance_from_the_last_one() -> None:
    def world(*numbers: int) -> list[dict[str, str]]:
        return seen(*(ok({"id": number}) for number in numbers))

    assert world(4, 5, 5) == world(71, 72, 72)
    assert world(4, 5)[1]["body.id (gap)"] == "1"
    assert world(4, 9)[1]["body.id (gap)"] == "5"
    assert world(4, 9)[1]["body.id"] == world(4, 5)[1]["body.id"]
    # An older one again is no new number.
    assert "body.id (gap)" not in world(4, 5, 4)[2]


def test_number_that_is_no_id_stays() -> None:
    assert seen(ok({"total": 4}))[0]["body.total"] == "4"


def test_time_shows_only_that_it_changed() -> None:
    def world(*times: str) -> list[str]:
        note = str(uuid.uuid4())
        return [
            each["body.updated_at"]
            for each in seen(*(ok({"id": note, "updated_at": t}) for t in times))
        ]

    early, late = "2026-11-21T10:00:00.123456Z", "2026-11-21T11:00:00.654321+00:00"
    assert world(early, early) == world(late, late)
    assert world(early, early) != world(early, late)


def test_time_that_two_events_may_share_by_chance_shows_nothing() -> None:
    one, two = seen(ok({"at": "2026-11-21T10:00:00Z"}), ok({"at": "2026-11-21T10:00:01Z"}))
    assert one == two
    one, two = seen(ok({"at": 1_795_000_000}), ok({"at": 1_795_000_001}))
    assert one == two


def test_validators_show_that_something_changed_and_volatile_headers_nothing() -> None:
    def world(*tags: str) -> list[dict[str, str]]:
        return seen(*(ok({}, 200, etag=tag, date=tag, traceparent=tag) for tag in tags))

    assert world('"a"', '"a"') == world('"b"', '"b"')
    assert world('"a"', '"a"') != world('"a"', '"b"')


def test_cursor_and_whatever_is_packed_or_signed_is_a_symbol() -> None:
    one, two = (
        seen(ok({"next_cursor": cursor, "state": cursor}))
        for cursor in (".eJwFwckRgDAIAMBe.M8Bz", ".eJwFwckRwCAIAMBeeIcZ-x.DjG_o5JybCYA")
    )
    assert one[0]["body.next_cursor"] == two[0]["body.next_cursor"]


def test_observation_of_a_list_has_its_length_and_order() -> None:
    one, two = seen(ok(["a", "b"]), ok(["b", "a"]))
    assert one["body#"] == two["body#"] == "2"
    assert one != two


def test_number_that_was_asked_for_may_come_back_in_prose() -> None:
    def world(number: int) -> list[dict[str, str]]:
        answer = Answer(ok({}).outcome, 200, {"text": f"note {number} has 2 lines"})
        return seen(answer, arguments={"note_id": number})

    assert world(5) == world(81)
    assert "2 lines" in world(5)[0]["body.text"]


def test_ids_of_one_kind_are_told_apart_from_equal_ids_of_another() -> None:
    def world(order: int, item: int) -> list[dict[str, str]]:
        return seen(ok({"order_id": order, "item_id": item}))

    assert world(3, 3) == world(7, 12)


def test_subject_that_is_a_number_is_the_user_and_not_an_object() -> None:
    (observation,) = (
        Normalizer({"alice": "7"}).observation(
            Call(1, ALICE, "whoami", {}, ok({"user_id": 7, "total": 7}), 0.0, 0.0)
        ),
    )
    assert observation["body.user_id"] == "<alice>"
    assert observation["body.total"] == "7"


def test_concurrent_clients_that_plant_their_own_markers_observe_the_same() -> None:
    def client(user: str, number: int) -> dict[str, str]:
        title = f"note {marker(user, number)}"
        row = {"id": number, "title": title, "at": f"2026-11-21T10:00:00.{number:06d}Z"}
        return seen(ok({"items": [row]}, 200, etag=str(number)), concurrent=True)[0]

    assert client("abel", 3) == client("faye", 400)


def test_concurrent_clients_may_get_a_stream_in_other_pieces() -> None:
    one, two = seen(ok({"pieces": ["a"]}), ok({"pieces": ["a", "a"]}), concurrent=True)
    assert one == two
    one, two = seen(ok({"pieces": ["a"]}), ok({"pieces": ["a", "a"]}))
    assert one != two


def test_difference_is_described_by_its_most_telling_place() -> None:
    one, two = seen(ok({"items": [], "title": "x"}), ok({"items": ["y"], "title": "z"}))
    assert described(differences(one, two)) == "body.items has 0 entries, not 1"
    assert described(differences(two, two | {"status": "404"})) == "status is 200, not 404"


def test_a_number_that_is_given_again_names_an_object_whose_time_is_its_first() -> None:
    def world(first: int, second: int) -> str:
        normalizer = Normalizer(SUBJECTS)
        times = ("2026-11-21T10:00:00.123456Z", "2026-11-21T11:00:00.654321Z")
        answers: list[tuple[str, dict[str, Any], Answer]] = [
            ("rest:POST /tasks", {}, ok({"id": first, "updated_at": times[0]})),
            ("rest:DELETE /tasks/{task_id}", {"task_id": first}, ok(None, 204)),
            ("rest:POST /tasks", {}, ok({"id": second, "updated_at": times[1]})),
        ]
        return [
            normalizer.observation(Call(place, ALICE, *each, 0.0, 0.0))
            for place, each in enumerate(answers, start=1)
        ][-1]["body.updated_at"]

    assert world(2, 2) == world(2, 9)


def deletions(field: str, *numbers: tuple[int, int]) -> list[Call]:
    """Deletions, each of an id and answered with a number."""
    return [
        Call(place, ALICE, "delete_card", {"card_id": str(asked)}, ok({field: said}), 0.0, 0.0)
        for place, (asked, said) in enumerate(numbers)
    ]


def test_number_that_comes_back_as_it_was_asked_for_is_told_apart_and_not_what_it_is() -> None:
    calls = deletions("deleted", (416, 416), (418, 418))
    echoes = echoing_places(calls)
    assert echoes == {("delete_card", "body.deleted")}
    one, other = (
        Normalizer({}, concurrent=True, echoes=echoes).observation(each) for each in calls
    )
    assert one == other
    # Without what was learnt they differ, and where another's number comes back.
    plain = [Normalizer({}, concurrent=True).observation(each) for each in calls]
    assert differences(*plain).keys() == {"body.deleted"}
    (crossed,) = deletions("deleted", (420, 418))
    shown = Normalizer({}, concurrent=True, echoes=echoes).observation(crossed)
    assert differences(one, shown).keys() == {"body.deleted"}


def test_count_that_is_an_id_by_chance_is_no_echo() -> None:
    assert echoing_places(deletions("removed", (1, 1), (2, 1), (3, 3))) == set()
    assert echoing_places(deletions("removed", (1, 1), (1, 1))) == set()


def test_number_of_an_object_is_no_user_though_a_user_has_the_same() -> None:
    normalizer = Normalizer({"alice": "7", "bob": "8"})

    def observed(operation: str, body: dict[str, Any]) -> dict[str, str]:
        return normalizer.observation(Call(1, ALICE, operation, {}, ok(body), 0.0, 0.0))

    bed = observed("rest:POST /beds", {"id": 7, "owner_id": 7})
    assert bed["body.id"] == "<bed:1>"
    assert bed["body.owner_id"] == "<alice>"
    assert observed("rest:GET /users/me", {"id": 7})["body.id"] == "<alice>"
