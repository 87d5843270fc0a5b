"""The parser of server-sent events, and a whole stream as one value."""

from __future__ import annotations

import pytest

from crosstalk.core.identifiers import identifiers_of
from crosstalk.surface.http.event_stream import Event, event_ids, failure_of, parsed, stream_body

MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"])
def test_event_stream_keeps_what_ends_a_line_elsewhere(separator: str) -> None:
    sent = f"data: before{separator}after\n\n".encode()
    assert list(parsed([sent])) == [Event("", f"before{separator}after")]


def test_event_stream_drops_a_byte_order_mark_at_its_start_alone() -> None:
    assert list(parsed([MARK + b"data: a\n\n"])) == [Event("", "a")]
    assert list(parsed([MARK + b"event: x\ndata: a\n\n"])) == [Event("x", "a")]
    assert list(parsed([b"data: " + MARK + b"a\n\n"])) == [Event("", "\ufeffa")]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_event_stream_reads_every_line_ending_however_it_is_cut(end: bytes) -> None:
    lines = [b"event: x", "data: \u20ac".encode(), b"data:b", b"", b"data: c", b"", b""]
    sent = MARK + end.join(lines)
    expected = [Event("x", "\u20ac\nb"), Event("", "c")]
    assert list(parsed([sent])) == expected
    assert list(parsed(sent[place : place + 1] for place in range(len(sent)))) == expected


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r\n"])
def test_event_stream_gives_an_event_before_more_bytes_come(end: bytes) -> None:
    def chunks() -> object:
        yield b"data: a" + end
        pytest.fail("the event was complete")

    assert next(iter(parsed(chunks()))) == Event("", "a")  # type: ignore[arg-type]


def test_event_stream_keeps_comments_ids_and_what_its_end_cuts_off() -> None:
    sent = b": for alice\n\nid: 7\ndata: a\nretry: 1\n\ndata: cut"
    assert list(parsed([sent])) == [
        Event("", None, (": for alice",)),
        Event("", "a", ("id: 7", "retry: 1")),
        Event("", "cut"),
    ]


def test_stream_body_puts_together_a_text_that_is_cut_into_pieces() -> None:
    body, _ = stream_body(
        b'event: started\ndata: {"conversation_id": "c"}\n\n'
        b'event: delta\ndata: {"text": "xtali"}\n\n'
        b'event: delta\ndata: {"text": "cez0000000a"}\n\n'
        b"event: done\ndata: not json\n\n"
    )
    assert body["text"] == "xtalicez0000000a"
    assert body["events"][0] == {"event": "started", "data": {"conversation_id": "c"}}
    assert body["events"][-1] == {"event": "done", "data": "not json"}
    assert identifiers_of(body) == {"xtalicez0000000a"}


def test_stream_body_gives_events_without_names_as_their_data() -> None:
    body, other = stream_body(
        b'data: {"type": "thread.item.updated", "update": {"delta": "a "}}\n\n'
        b": still here\n\n"
        b'data: {"type": "thread.item.updated", "update": {"delta": "b"}}\n\n'
    )
    assert body["text"] == "a b"
    assert body["events"][1] == {"type": "thread.item.updated", "update": {}}
    assert other == (": still here",)


def test_stream_body_takes_half_an_id_for_no_value_of_its_own() -> None:
    body, _ = stream_body(
        b'event: delta\ndata: {"text": "01a1fd68-974d-71d7"}\n\n'
        b'event: delta\ndata: {"text": "-ae6d-57c56f1d9bac"}\n\n'
    )
    assert identifiers_of(body) == {"01a1fd68-974d-71d7-ae6d-57c56f1d9bac"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'event: failed\ndata: {"error_code": "unavailable"}\n\n', {"error_code": "unavailable"}),
        (b'data: {"type": "error", "code": "x"}\n\n', {"type": "error", "code": "x"}),
        (b'data: {"type": "thread.created"}\n\n', None),
    ],
)
def test_stream_body_says_of_a_failure_that_it_was_one(text: bytes, code: object) -> None:
    assert failure_of(stream_body(text)[0]) == code


def test_ids_of_events_are_found_the_first_and_the_latest() -> None:
    sent = b"".join(f"id: {number}\ndata: x\n\n".encode() for number in range(1, 9))
    _, other = stream_body(sent + b": alive\n\n")
    assert event_ids(other) == ["1", "6", "7", "8"]
    assert event_ids(["id: a", "id:b", "id: ", "retry: 5"]) == ["a", "b"]
