"""Places in lists that go on holding what earlier runs have stored."""

from __future__ import annotations

from crosstalk.core.history import History
from crosstalk.core.identifiers import marker, remarked
from crosstalk.core.row_places import RowPlaces, first_words, plain_path
from crosstalk.core.script import resolve, script_of
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

SALT = 0x1234567


def listed(*rows: tuple[str, str]) -> dict[str, list[dict[str, str]]]:
    return {"songs": [{"id": each, "title": title} for each, title in rows]}


def example() -> History:
    writer = Writer().call(ALICE, "save", {"title": marker("alice", 1)}, ok("Saved."))
    writer.call(ALICE, "list", {}, ok(listed(("song-first-cd8aec", marker("alice", 1)))))
    return writer.call(BOB, "read", {"song_id": "song-first-cd8aec"}, ok({"text": "x"})).history


def replayed(rows: dict[str, list[dict[str, str]]]) -> str:
    step = script_of(example()).steps[-1]
    writer = Writer().call(ALICE, "save", {}, ok("Saved.")).call(ALICE, "list", {}, ok(rows))
    answers = {each.index: each for each in writer.history}
    return str(resolve(step.arguments, answers, {}, SALT)["song_id"])


def test_row_is_found_by_the_word_of_this_replay_wherever_it_stands() -> None:
    new = remarked(marker("alice", 1), SALT)
    old = ("song-first-cd8aec", marker("alice", 1))
    assert replayed(listed(old, ("song-second-7f55a2", new))) == "song-second-7f55a2"
    assert replayed(listed(("song-second-7f55a2", new), old)) == "song-second-7f55a2"


def test_row_without_the_word_is_found_by_its_number() -> None:
    assert replayed(listed(("song-other-7f55a2", "x"))) == "song-other-7f55a2"


def test_rows_with_the_same_words_are_known_by_their_numbers() -> None:
    same = listed(("one", marker("alice", 1)), ("two", marker("alice", 1)))
    found = [(f"songs.{n}.{k}", v) for n, row in enumerate(same["songs"]) for k, v in row.items()]
    assert RowPlaces(found).named("songs.1.id") == "songs.1.id"
    assert plain_path("songs.1.id", found) == "songs.1.id"


def test_list_without_a_name_has_rows_too() -> None:
    found = [("0.id", "one"), ("0.title", "x"), ("1.id", "two"), ("1.title", marker("bob", 3))]
    named = RowPlaces(found).named("1.id")
    assert named == f"[{marker('bob', 3)}@1].id"
    moved = [("0.id", "two"), ("0.title", marker("bob", 3))]
    assert plain_path(named, moved) == "0.id"


def test_row_that_was_there_before_has_the_word_of_that_time() -> None:
    word = marker("alice", 7)
    salted = remarked(f"items.[{word}@3].id", 12)
    found = [("items.0.id", "n-1"), ("items.1.id", "n-2"), ("items.1.name", word)]
    assert plain_path(salted, found, 12) == "items.1.id"
    anew = [*found, ("items.2.id", "n-3"), ("items.2.name", remarked(word, 12))]
    assert plain_path(salted, anew, 12) == "items.2.id"


def test_row_that_is_gone_is_the_last_of_a_shorter_list() -> None:
    path = f"items.[{marker('alice', 7)}@8].id"
    assert plain_path(path, [("items.0.id", "n-1"), ("items.1.id", "n-2")]) == "items.1.id"
    assert plain_path(path, []) == "items.0.id"


def test_row_is_named_by_the_first_word_that_no_other_row_of_its_list_has() -> None:
    common, own, later = (marker("alice", each) for each in (1, 2, 3))
    found = [
        ("songs.0.title", f"{common} {later} {own}"),
        ("songs.0.id", "a"),
        ("songs.1.title", common),
        ("songs.1.id", "b"),
        ("others.0.title", own),
    ]
    rows = RowPlaces(found)
    for _ in range(2):
        assert rows.named("songs.0.id") == f"songs.[{own}@0].id"
        assert rows.named("songs.1.id") == "songs.1.id"


def test_lines_of_a_list_are_known_by_their_first_words() -> None:
    assert first_words("ACME 42.10\n- BOLT: 12.75\n\n* cork_2") == ["ACME", "BOLT", "cork_2"]
