"""Runs steps of many clients at once, each client in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from random import Random

from crosstalk.core.history import History
from crosstalk.core.script import Step
from crosstalk.execution.executor import Executor
from crosstalk.execution.script_runner import ScriptRunner

# Long enough to part clients that go in step, short beside a call.
_PAUSE_SECONDS = 0.004


def run(
    executor: Executor,
    history: History,
    steps: Sequence[Step],
    *,
    seed: str,
    spent: Callable[[], bool] = lambda: False,
    salt: int = 0,
    at_once: bool = True,
) -> None:
    """Run the clients that are alone one after the other, then the others at once.

    Args:
        executor: Makes the calls.
        history: Takes the calls; has a subject for every user.
        steps: Of all clients; the steps of one keep their order.
        seed: Fixes the pauses between calls.
        spent: Whether to stop before the next call.
        salt: Gives markers of an earlier run another number.
        at_once: Whether the others run at once; otherwise they, too, run one after the other.
    """
    lines: defaultdict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in steps:
        part = (
            "concurrent" if step.probe is not None and step.probe.part == "concurrent" else "alone"
        )
        lines[part, step.actor.name].append(step)
    for (part, _), line in lines.items():
        if part == "alone" or not at_once:
            _run(executor, history, line, None, spent, salt)
    if not at_once:
        return
    concurrent = {name: line for (part, name), line in lines.items() if part == "concurrent"}
    gate = threading.Barrier(len(concurrent) + 1)

    failures: list[BaseException] = []

    def over() -> bool:
        return bool(failures) or spent()

    def join(name: str, line: Sequence[Step]) -> None:
        gate.wait()
        random = Random(f"{seed} {name}")  # noqa: S311
        try:
            _run(executor, history, line, random, over, salt)
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=join, args=(name, line), name=f"client {name}")
        for name, line in concurrent.items()
    ]
    for thread in threads:
        thread.start()
    gate.wait()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt as error:
        failures.append(error)
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def _run(
    executor: Executor,
    history: History,
    steps: Sequence[Step],
    random: Random | None,
    spent: Callable[[], bool],
    salt: int,
) -> None:
    runner = ScriptRunner(executor, history, salt)
    for step in steps:
        if spent():
            return
        if random is not None:
            time.sleep(random.random() * _PAUSE_SECONDS)
        # A step may need what was never answered: a request was aborted, or the system busy.
        runner.run_step(step)
