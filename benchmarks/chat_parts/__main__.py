"""`python -m benchmarks.chat_parts`: processor time of the backend a chat, by part.

A hundred users ask at once and again after every answer, the model thinks for 200 ms a reply, as in
`benchmarks.chats`. The backend's stack is sampled every 4 ms of its processor time; a sample counts
for the part of its innermost frame that belongs to one. The run's folder gets `chat-parts.json` and
`.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.chats import chats_of_system
from benchmarks.cpu import cpu_seconds
from benchmarks.fixture import Fixture
from benchmarks.wire import drive, request, send_once
from crosstalk.core.errors import HarnessError
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.report.run_folder import open_run

# What a part's files have in their paths; the first that fits counts.
PARTS = {
    "question and answer in the database": (
        "/system/store/",
        "/sqlalchemy/",
        "/asyncpg/",
        "/sqlmodel/",
    ),
    "HTTP to the model and to the tools": (
        "/aiohttp/",
        "/httpx2/",
        "/httpcore2/",
        "/yarl/",
        "/multidict/",
        "/anyio/",
        "/http_client.py",
    ),
    "the OpenAI client beside that": ("/openai/",),
    "the agents SDK's loop": ("/agents/",),
    "an answer's turns and the model's replies": ("/system/backend/agent/",),
    "log and figures of the request": ("/system/wire/logs.py", "/system/observe/", "/logging/"),
    "gate, limits, the framework and its loop": (
        "/system/",
        "/fastapi/",
        "/starlette/",
        "/uvicorn/",
        "/pydantic/",
        "/python_multipart/",
    ),
}
REST = "the rest"
_BRIDGE = "the bridge beside HTTP"
_BRIDGE_FILES = ("/system/backend/agent/connection", "/system/backend/agent/toolbox", "/mcp/")
_SECONDS = 10.0
_WAIT_SECONDS = 30.0


def part_of(files: Sequence[str]) -> str:
    """Return the part that a stack counts for.

    Args:
        files: Of its frames, from the innermost.
    """
    for file in files:
        if any(each in file for each in _BRIDGE_FILES):
            return _BRIDGE
        for part, named in PARTS.items():
            if any(each in file for each in named):
                return part
    return REST


def by_part(samples: Sequence[tuple[Sequence[str], int]], each: float) -> dict[str, float]:
    """Share a time out among the parts.

    Args:
        samples: Stacks and how often each was seen.
        each: The time, in milliseconds.

    Raises:
        ValueError: There are no samples.
    """
    counted: Counter[str] = Counter()
    for files, count in samples:
        counted[part_of(files)] += count
    if not counted:
        raise ValueError("nothing was sampled")
    names = [*PARTS, _BRIDGE, REST]
    return {name: each * counted[name] / counted.total() for name in names}


def table(parts: dict[str, float]) -> str:
    """Return the parts as a table in Markdown."""
    rows = [f"| {name} | {ms:.2f} |" for name, ms in parts.items()]
    together = f"| all | {sum(parts.values()):.2f} |"
    return "\n".join(["| part | ms a chat |", "|---|---:|", *rows, together]) + "\n"


async def measure(fixture: Fixture) -> tuple[float, int]:
    """Drive chats, and return the backend's milliseconds a chat, and the number of chats.

    Its samples are asked for at the end.

    Args:
        fixture: Its backend is sampled.

    Raises:
        HarnessError: No chat was answered.
    """
    chats = await chats_of_system(fixture)

    def good(status: int, body: bytes, sent: object) -> bool:
        return status == 200

    await drive(chats.chats, seconds=2.0, good=good, patience=_SECONDS, tolerant=True)
    os.kill(chats.pid, signal.SIGUSR2)
    before = cpu_seconds(chats.pid)
    driven = await drive(
        chats.chats, seconds=fixture.seconds, good=good, patience=_SECONDS, tolerant=True
    )
    spent = cpu_seconds(chats.pid) - before
    if not driven.answers:
        raise HarnessError(f"no chat was answered: see the logs in {fixture.folder}")
    os.kill(chats.pid, signal.SIGUSR1)
    # A loop that waits for its sockets handles a signal only when one of them wakes it.
    await send_once(request("GET", f"{fixture.system().backend_url}/ready", {}))
    return 1000 * spent / driven.answers, driven.answers


def read_samples(file: Path, seconds: float = _WAIT_SECONDS) -> list[tuple[list[str], int]]:
    """Wait for the samples and read them.

    Args:
        file: Where the backend writes them.
        seconds: How long to wait.

    Raises:
        HarnessError: There are none.
    """
    deadline = time.monotonic() + seconds
    while not file.exists():
        if time.monotonic() > deadline:
            raise HarnessError(f"the backend wrote no samples to {file}: see the logs beside it")
        time.sleep(0.05)
    return [(files, count) for files, count in json.loads(file.read_text(encoding="utf-8"))]


def main() -> int:
    """Measure, and write the run's files."""
    parser = argparse.ArgumentParser(prog="benchmarks.chat_parts")
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="of chats")
    chosen = parser.parse_args()
    folder = open_run("chat-parts").path
    file = folder / "samples.json"
    path = os.pathsep.join([str(Path(__file__).parent / "sampler"), str(package_root("system"))])
    sampled = {"SAMPLES": str(file), "PYTHONPATH": path}
    with Fixture(folder, rounds=1, seconds=chosen.seconds, backend=sampled) as fixture:
        each, chats = asyncio.run(measure(fixture))
        parts = by_part(read_samples(file), each)
    said = {"chats": chats, "ms": {name: round(ms, 3) for name, ms in parts.items()}}
    (folder / "chat-parts.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    (folder / "chat-parts.md").write_text(table(parts), encoding="utf-8")
    sys.stdout.write(f"{table(parts)}\n{chats} chats; {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(exit_status("benchmarks.chat_parts", main))
