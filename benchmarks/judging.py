"""Processor time that judging takes as a history grows: `python -m benchmarks.judging [CALLS...]`.

A history of a leaking server is written, without a server, and judged as a campaign does: after
every hundred calls by all oracles, with the likely cause of each suspicion, and at the end for the
positive controls; then a run of concurrent clients is judged. Judging is linear where twice the
calls take twice the seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Answer, Call, History, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import ALICE, ANONYMOUS, BOB, CAROL
from crosstalk.core.script import script_of
from crosstalk.execution.likely import likely_cause
from crosstalk.oracles import ORACLES
from crosstalk.oracles.controls import controls_of
from crosstalk.phases.concurrency.oracle import Concurrency, unstable

_EVERY = 100
_SHOWN = 20
_CLIENT_CALLS = 13


class _Notes:
    """Writes what three users and a stranger are answered by a server whose notes all can read."""

    def __init__(self, subjects: dict[str, str]) -> None:
        self.history = History(subjects, new_users=True)
        self.notes: list[dict[str, Any]] = []
        self._planted = 0

    def call(self, actor: Actor, operation: str, probe: Probe | None = None, **given: Any) -> Call:
        """Add a call with its answer."""
        index = len(self.history) + 1
        headers = {"content-type": "application/json", "etag": f'"{index}"'}
        answer = Answer(Outcome.OK, 200, self._answer(actor, operation, given), headers)
        now = index / 100
        call = Call(index, actor, operation, given, answer, now, now + 0.005, probe)
        self.history.record(call)
        return call

    def text(self, user: str) -> str:
        """Return a text with a new marker."""
        self._planted += 1
        return f"to be read by {user} alone {marker(user, self._planted)}"

    def _answer(self, actor: Actor, operation: str, given: dict[str, Any]) -> Any:
        if operation == "mcp:add_note":
            number = len(self.notes)
            note = {"id": f"{number:08x}-0000-4000-8000-{number * 7_919:012x}", **given}
            self.notes.append({**note, "owner": actor.user})
            return note
        if operation == "mcp:get_note":
            return next((each for each in self.notes if each["id"] == given["note_id"]), None)
        mine = [each for each in self.notes if each["owner"] == actor.user]
        return {"items": (mine or self.notes)[-_SHOWN:]}


def one_by_one(calls: int) -> Iterator[History]:
    """Yield a history each time that it has grown by some calls, as a sweep and rules do."""
    written = _Notes({name: f"{name}-1f2e3d4c" for name in ("alice", "bob", "carol")})
    random = Random(1)  # noqa: S311 -- to be repeated, not secret
    key = 0
    while len(written.history) < calls:
        before = len(written.history)
        while len(written.history) - before < _EVERY:
            key += 1
            victim, other = random.sample((ALICE, BOB, CAROL), 2)
            note = written.call(victim, "mcp:add_note", text=written.text(str(victim.user)))
            for part, number in (("foreign", note.answer.body["id"]), ("missing", f"none-{key}")):
                probe = Probe("existence", key, part, str(victim.user))  # type: ignore[arg-type]
                written.call(other, "mcp:get_note", probe, note_id=number)
            written.call(victim, "mcp:list_notes", _read(key, "before", victim))
            written.call(other, "mcp:add_note", text=written.text(str(other.user)))
            written.call(ANONYMOUS, "mcp:list_notes")
            written.call(victim, "mcp:list_notes", _read(key, "after", victim))
        yield written.history


def _read(key: int, part: Any, victim: Actor) -> Probe:
    return Probe("ownership", key, part, str(victim.user))


def clients(calls: int) -> History:
    """Return a run of as many clients as make that number of calls."""
    count = max(3, calls // _CLIENT_CALLS)
    names = [f"user{chr(97 + place // 26)}{chr(97 + place % 26)}" for place in range(count)]
    written = _Notes({name: f"{name}-1f2e3d4c" for name in names})
    for place, name in enumerate(names):
        actor = Actor(name, name, name)
        part: Any = "alone" if place < 2 else "concurrent"
        for number in range(_CLIENT_CALLS):
            probe = Probe("concurrency", number + 1, part, name)
            if number < _CLIENT_CALLS // 2:
                written.call(actor, "mcp:add_note", probe, text=written.text(name))
            else:
                written.call(actor, "mcp:list_notes", probe)
    return written.history


def _concurrent(history: History) -> None:
    unstable(history)
    Concurrency().judge(history)


def main() -> None:
    """Print a table of seconds by part of the judgement and number of calls."""
    seconds: dict[str, list[float]] = {}

    @contextmanager
    def timed(part: str) -> Iterator[None]:
        began = time.process_time()
        yield
        seconds.setdefault(part, []).append(time.process_time() - began)

    def judged(part: str, judge: Callable[[], object]) -> None:
        with timed(part):
            judge()

    sizes = [int(each) for each in sys.argv[1:]] or [1_000, 2_000, 4_000]
    for calls in sizes:
        spent = dict.fromkeys((*(each.name for each in ORACLES), "script", "causes"), 0.0)
        history = History({})
        for history in one_by_one(calls):
            suspicions = []
            for oracle in ORACLES:
                began = time.process_time()
                suspicions += oracle.judge(history)
                spent[oracle.name] += time.process_time() - began
        began = time.process_time()
        script = script_of(history)
        spent["script"] = time.process_time() - began
        began = time.process_time()
        for each in suspicions:
            likely_cause(history, each, script)
        spent["causes"] = time.process_time() - began
        for part, passed in spent.items():
            seconds.setdefault(part, []).append(passed)
        judged("controls", partial(controls_of, history))
        many = clients(calls)
        judged("concurrency", partial(_concurrent, many))
    print(f"{'seconds for':14}" + "".join(f"{each:>9,}" for each in sizes) + "  calls")
    for part, found in seconds.items():
        print(f"{part:14}" + "".join(f"{each:9.2f}" for each in found))
    totals = [sum(found[place] for found in seconds.values()) for place in range(len(sizes))]
    print(f"{'all':14}" + "".join(f"{each:9.2f}" for each in totals))


if __name__ == "__main__":
    main()
