"""Undeclared paths that many servers have."""

from __future__ import annotations

from crosstalk.core.history import Outcome
from crosstalk.surface import NOTHING, UsualPaths
from tests.unit.crosstalk.surface.loopback import Asked, Said, answering, as_json


def test_only_paths_that_answer_become_operations() -> None:
    answers = {"/health": as_json({"ok": True}), "/.env": Said(b"KEY=1", kind="text/plain")}

    with answering(lambda asked: answers.get(asked.path, Said(status=404))) as origin:
        surface = UsualPaths(origin, "rest-paths")
        found = surface.discover()
        assert [each.name for each in found] == ["rest:GET /health", "rest:GET /.env"]
        assert all(each.public and each.descriptive for each in found)
        answer = surface.call(found[1], {}, NOTHING)
        surface.close()
    assert (answer.outcome, answer.body) == (Outcome.OK, "KEY=1")


def test_page_that_answers_every_path_is_no_operation() -> None:
    def answer(asked: Asked) -> Said:
        return (
            as_json({"users": 3}) if asked.path == "/stats" else Said(b"<html>", kind="text/html")
        )

    with answering(answer) as origin:
        found = UsualPaths(origin, "rest-paths").discover()
    assert [each.name for each in found] == ["rest:GET /stats"]


def test_declared_paths_are_spelt_otherwise_and_left_out_ones_are_not_called() -> None:
    asked: list[str] = []

    def answer(request: Asked) -> Said:
        asked.append(request.path)
        return Said(status=404)

    with answering(answer) as origin:
        declared, left_out = ["/api/v1/notes", "/notes/{id}", "/logout"], ["/metrics", "/logout"]
        UsualPaths(origin, "rest-paths", declared, left_out).discover()
    assert {"/api/v1/notes/", "/internal/api/v1/notes", "/api/v2/notes", "/v1/notes"} <= set(asked)
    assert not {"/metrics", "/logout"} & set(asked)
    # Once, to see whether a stranger is refused it.
    assert asked.count("/api/v1/notes") == 1
    assert not [each for each in asked if "{" in each]


def test_origin_without_server_has_no_paths() -> None:
    with answering(lambda _: Said()) as origin:
        pass
    assert UsualPaths(origin, "rest-paths").discover() == []


def test_file_below_a_declared_path_is_asked_for_where_a_stranger_is_refused() -> None:
    asked: list[str] = []

    def answer(request: Asked) -> Said:
        asked.append(request.path)
        return Said(status=401 if request.path.startswith("/me") else 404)

    with answering(answer) as origin:
        surface = UsualPaths(origin, "rest-paths", ["/me", "/notes", "/notes/{id}"])
        (found,) = surface.discover()
        surface.call(found, {"file": "xtalicez00000001"}, NOTHING)
        surface.close()
    assert found.name == "rest:GET /me/{file}.css"
    assert found.unannounced
    assert asked[-1] == "/me/xtalicez00000001.css"


def test_slow_server_is_asked_for_several_paths_at_once_and_no_longer_than_its_time() -> None:
    now, served = [0.0], {"/health": as_json({"ok": True}), "/.env": Said(b"K", kind="text/plain")}

    def answer(asked: Asked) -> Said:
        now[0] += 0.2
        return served.get(asked.path, Said(status=404))

    with answering(answer) as origin:
        surface = UsualPaths(origin, "rest-paths", clock=lambda: now[0])
        found = surface.discover()
        surface.close()
    # On this clock forty requests take eight seconds, and those under way are not cut off.
    assert now[0] <= 8.0 + 6 * 0.2
    assert [each.name for each in found] == ["rest:GET /health", "rest:GET /.env"]
