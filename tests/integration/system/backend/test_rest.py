"""REST over real HTTP: identity, the envelope, and input that means harm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from crosstalk.environment import RunningSystem

ENVELOPE = {"status", "error_code", "message", "details"}


@pytest.fixture
def http(running: RunningSystem) -> Iterator[httpx2.Client]:
    """A client of the backend."""
    with httpx2.Client(base_url=running.backend_url, timeout=30.0) as client:
        yield client


def bearer(running: RunningSystem, subject: str, **claims: Any) -> dict[str, str]:
    """Headers with a token of this subject."""
    return {"Authorization": f"Bearer {running.mint(subject, **claims)}"}


def test_a_task_lives_through_its_states(
    http: httpx2.Client, running: RunningSystem, alice: str
) -> None:
    headers = bearer(running, alice)
    base = f"/api/{alice}/tasks"
    made = http.post(base, json={"title": "buy milk", "priority": "high"}, headers=headers)
    assert made.status_code == 201
    task = f"{base}/{made.json()['id']}"
    assert http.get(task, headers=headers).json()["title"] == "buy milk"
    changed = http.patch(task, json={"description": "two litres"}, headers=headers).json()
    assert (changed["title"], changed["description"]) == ("buy milk", "two litres")
    assert http.post(f"{task}/complete", headers=headers).json()["status"] == "completed"
    assert http.get(f"{base}/search", params={"q": "MILK"}, headers=headers).json()["items"]
    assert http.get(f"/api/{alice}/stats", headers=headers).json()["completed"] == 1
    assert http.delete(task, headers=headers).status_code == 200
    assert http.get(task, headers=headers).status_code == 404


def test_rest_path_of_another_subject_is_forbidden_before_anything_else(
    http: httpx2.Client, running: RunningSystem, alice: str, bob: str
) -> None:
    headers = bearer(running, bob)
    for method, path in (
        ("GET", f"/api/{alice}/tasks"),
        ("GET", f"/api/{alice}/tasks/not-even-a-uuid"),
        ("POST", f"/api/{alice}/tasks"),
        ("GET", f"/api/{alice}/stats"),
        ("GET", f"/api/{alice}/conversations"),
    ):
        answer = http.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "forbidden")


@pytest.mark.parametrize("path", ["/api/x/tasks", "/api/chat", "/api/nowhere", "/nowhere"])
def test_rest_without_a_token_is_401_with_a_challenge(http: httpx2.Client, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eDp5"}):
        answer = http.post(path, content=b"{not json", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert set(answer.json()) == ENVELOPE


def test_an_expired_token_is_401(http: httpx2.Client, running: RunningSystem, alice: str) -> None:
    answer = http.get(f"/api/{alice}/tasks", headers=bearer(running, alice, ttl=-60))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "argument"),
    [
        ({"title": "x", "surprise": 1}, "surprise"),
        ({"title": 5}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "\ud800"}, "title"),
        ({}, "title"),
        ({"title": "x", "description": "d" * 2001}, "description"),
        ({"title": "x", "project_id": "not-a-uuid"}, "project_id"),
        ({"title": "x", "due_date": "tomorrow"}, "due_date"),
    ],
)
def test_bad_arguments_are_named_and_never_repeated(
    http: httpx2.Client,
    running: RunningSystem,
    alice: str,
    body: dict[str, Any],
    argument: str,
) -> None:
    answer = http.post(
        f"/api/{alice}/tasks",
        content=json.dumps(body).encode(),
        headers={**bearer(running, alice), "Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert set(answer.json()) == ENVELOPE
    assert argument in answer.json()["details"]
    assert "x" * 50 not in answer.text


def test_bodies_that_are_too_large_or_too_deep_are_refused(
    http: httpx2.Client, running: RunningSystem, alice: str
) -> None:
    headers = {**bearer(running, alice), "Content-Type": "application/json"}
    large = http.post(f"/api/{alice}/tasks", content=b"x" * 10_000_000, headers=headers)
    assert (large.status_code, large.json()["error_code"]) == (413, "validation_error")
    deep = b"[" * 5_000 + b"]" * 5_000
    nested = http.post(f"/api/{alice}/tasks", content=deep, headers=headers)
    assert nested.status_code == 422
    broken = http.post(f"/api/{alice}/tasks", content=b"{", headers=headers)
    assert broken.status_code == 422


def test_another_users_cursor_is_an_argument_error(
    http: httpx2.Client, running: RunningSystem, alice: str, bob: str
) -> None:
    cursors = {}
    for user in (alice, bob):
        for title in ("one", "two"):
            http.post(f"/api/{user}/tasks", json={"title": title}, headers=bearer(running, user))
        page = http.get(f"/api/{user}/tasks", params={"limit": 1}, headers=bearer(running, user))
        cursors[user] = page.json()["next_cursor"]
    for cursor in (cursors[alice], cursors[bob] + "x", "garbage"):
        answer = http.get(
            f"/api/{bob}/tasks", params={"cursor": cursor}, headers=bearer(running, bob)
        )
        assert answer.status_code == 422
        assert "cursor" in answer.json()["details"]


def test_rest_answers_are_not_stored_and_carry_the_request_id(
    http: httpx2.Client, running: RunningSystem, alice: str
) -> None:
    headers = {**bearer(running, alice), "X-Request-ID": "my-request-0001"}
    answer = http.get(f"/api/{alice}/tasks", headers=headers)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-ID"] == "my-request-0001"
    odd = http.get("/health", headers={"X-Request-ID": "x" * 500})
    assert len(odd.headers["X-Request-ID"]) < 65


def test_methods_and_routes_that_are_not_there_get_the_envelope(
    http: httpx2.Client, running: RunningSystem, alice: str
) -> None:
    headers = bearer(running, alice)
    wrong = http.put(f"/api/{alice}/tasks", headers=headers)
    assert wrong.status_code == 405
    assert set(wrong.json()) == ENVELOPE
    assert "Allow" in wrong.headers
    assert http.get("/api/nowhere", headers=headers).json()["error_code"] == "not_found"


def test_ready_names_its_dependencies(http: httpx2.Client) -> None:
    answer = http.get("/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "mcp": "ok", "issuers": "ok"}
