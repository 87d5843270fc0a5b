"""Recordings: what was served is read, and no credential with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.surface.recordings import read_recording
from crosstalk.surface.rest.recorded import recorded_paths

TOKEN = "sk-live-4f9a7c21e0"


def entry(method: str, url: str, status: int = 200, body: Any = None, **request: Any) -> Any:
    """Return an entry of an archive, with a bearer token and a cookie."""
    headers = [
        {"name": "Authorization", "value": f"Bearer {TOKEN}"},
        {"name": "Cookie", "value": "sid=c00kie-value"},
    ]
    post = {"mimeType": "application/json", "text": json.dumps(body)} if body else None
    return {
        "request": {"method": method, "url": url, "headers": headers, "postData": post, **request},
        "response": {"status": status, "content": {"mimeType": "application/json", "text": "{}"}},
    }


def archive(tmp_path: Path, *entries: Any) -> Path:
    """Write an archive."""
    path = tmp_path / "session.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return path


def test_archive_gives_what_was_served_with_query_and_body(tmp_path: Path) -> None:
    path = archive(
        tmp_path,
        entry("GET", "http://x.example/api/notes?limit=5"),
        entry("POST", "http://x.example/api/notes", 201, {"text": "a", "level": 3}),
        entry("POST", "http://x.example/api/notes", 422, {"text": "a", "level": 9}),
    )
    found = read_recording(path).requests
    assert [(each.method, each.path, each.query, each.body) for each in found] == [
        ("GET", "/api/notes", (("limit", "5"),), None),
        ("POST", "/api/notes", (), {"text": "a", "level": 3}),
    ]


def test_values_of_credentials_are_secrets_wherever_else_they_stand(tmp_path: Path) -> None:
    recording = read_recording(
        archive(tmp_path, entry("POST", "http://x.example/n", 200, {"note": TOKEN, "text": "a"}))
    )
    assert recording.is_secret("note", TOKEN)
    assert recording.is_secret("note", f"mine is {TOKEN}")
    assert recording.is_secret("sid", "c00kie-value")
    assert recording.is_secret("api_key", "x")
    assert not recording.is_secret("text", "a")
    assert not recording.is_secret("text", "Bearer of news")


@pytest.mark.parametrize("wrapped", [False, True])
def test_session_gives_the_tool_calls_that_were_served(wrapped: bool, tmp_path: Path) -> None:
    call = {"name": "add_note", "arguments": {"text": "a", "level": 3}}
    messages: list[Any] = [
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
        {"jsonrpc": "2.0", "id": 1, "result": {"content": []}},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {**call, "name": "bad"}},
        {"jsonrpc": "2.0", "id": 2, "result": {"isError": True, "content": []}},
    ]
    lines = [{"direction": "out", "message": each} if wrapped else each for each in messages]
    path = tmp_path / "session.jsonl"
    path.write_text("\n".join(f"12:00 {json.dumps(each)}" for each in lines))
    assert read_recording(path).tool_calls == (("add_note", {"text": "a", "level": 3}),)


@pytest.mark.parametrize("text", ["", "not json", '{"log": {"entries": []}}'])
def test_file_that_holds_nothing_says_what_to_give(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_text(text)
    with pytest.raises(HarnessError, match="give an HTTP archive"):
        read_recording(path)
    with pytest.raises(HarnessError, match="cannot read"):
        read_recording(tmp_path / "nowhere")


def test_requests_that_no_path_covers_are_operations_with_ids_in_their_paths(
    tmp_path: Path,
) -> None:
    requests = read_recording(
        archive(
            tmp_path,
            entry("GET", "http://x.example/v1/notes/17"),
            entry(
                "GET", "http://x.example/v1/partner/stories/4f2a9c1b7e/comments?sort=new&token=x"
            ),
            entry("PUT", "http://x.example/v1/partner/stories/4f2a9c1b7e", 200, {"tags": ["a"]}),
            entry("GET", "http://x.example/static/app.js"),
        )
    ).requests
    found = recorded_paths(requests, ["/notes/{note_id}"], "/v1")
    comments = "/partner/stories/{story_id}/comments"
    assert set(found) == {comments, "/partner/stories/{story_id}"}
    assert [each["name"] for each in found[comments]["get"]["parameters"]] == ["story_id", "sort"]
    put = found["/partner/stories/{story_id}"]["put"]
    schema = put["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"] == {"tags": {"type": "array", "items": {"type": "string"}}}
