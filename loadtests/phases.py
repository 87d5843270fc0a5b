"""The load itself, in a process of its own: Locust and gevent stay out of everything else.

`python -m loadtests.phases` reads a phase a line (JSON) and writes its figures a line.
"""

# Locust patches the standard library, so it comes first.
from locust import constant, events, task  # isort: skip
from locust.contrib.fasthttp import FastHttpUser  # isort: skip
from locust.env import Environment  # isort: skip
from locust.exception import StopUser  # isort: skip

import json
import sys
import time
from typing import Any

import gevent
from gevent.event import Event

from loadtests.looking import look, steps
from loadtests.tally import Subject, Tally

_LOOK_SECONDS = 0.1
_STANDSTILL_SECONDS = 1.0


class Barrier:
    """Lets nobody on before all have come."""

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._waiting = 0
        self._open = Event()

    def wait(self) -> None:
        """Wait for the others."""
        self._waiting += 1
        if self._waiting < self._parties:
            self._open.wait()
            return
        opened, self._open, self._waiting = self._open, Event(), 0
        opened.set()


class Chatter(FastHttpUser):
    """Chats with a topology, each round at the same moment as everybody else."""

    abstract = True
    wait_time = constant(0)
    network_timeout = 120.0
    tally: Tally
    barrier: Barrier
    subjects: list[Subject]
    rounds: int

    def on_start(self) -> None:
        """Become one of the subjects."""
        self._subject = self.subjects.pop()
        self._left = self.rounds

    @task
    def chat(self) -> None:
        """One chat, as long as there are rounds left."""
        if self._left == 0:
            raise StopUser()
        self._left -= 1
        self.barrier.wait()
        subject = self._subject
        self.tally.watchdog.begin()
        began = time.monotonic()
        headers = {"Authorization": f"Bearer {subject.user}"}
        with self.client.post("/chat", json={}, headers=headers, catch_response=True) as answer:
            ms = (time.monotonic() - began) * 1000
            if answer.status_code == 200:
                self.tally.answered("chat", subject, answer.text or "", ms)
            else:
                self.tally.failed("chat", f"{answer.status_code} {answer.error or ''}")


def chat_rounds(phase: dict[str, Any]) -> dict[str, Any]:
    """So many users chat at once, so many times; ends at the first stall."""
    users = phase["users"]
    tally = Tally.create(phase["patience"])
    chatter = type(
        "PhaseChatter",
        (Chatter,),
        {
            "host": phase["host"],
            "tally": tally,
            "barrier": Barrier(users),
            "rounds": phase["rounds"],
            "subjects": [Subject(*each) for each in phase["subjects"][:users]],
        },
    )
    environment = Environment(user_classes=[chatter], events=events)
    runner = environment.create_local_runner()
    began = time.monotonic()
    runner.start(users, spawn_rate=users)
    seen: dict[str, Any] | None = None
    while seen is None and time.monotonic() - began < phase["seconds"]:
        gevent.sleep(_LOOK_SECONDS)
        if tally.watchdog.look() is not None:
            seen = standstill(tally, phase["observers"])
        if tally.watchdog.completed >= users * phase["rounds"]:
            break
    figures = tally.figures()
    runner.quit()
    return {**figures, "seconds": round(time.monotonic() - began, 2), "seen": seen}


def standstill(tally: Tally, observers: dict[str, str]) -> dict[str, Any] | None:
    """What is seen in a stall; None if something still moves, which is slow and no stall."""
    before = steps(observers)
    gevent.sleep(_STANDSTILL_SECONDS)
    if observers and steps(observers) != before:
        tally.watchdog.dismiss()
        return None
    return look(observers)


def main() -> None:
    """Serve phases until the input ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(chat_rounds(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
