"""Offline model of the common pattern: passes the user's id of its instructions to tools."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace

import uvicorn

from crosstalk.model.app import create_app
from crosstalk.model.conversation import ModelReply, Prompt
from crosstalk.model.policies import helpful

_USER_ID = re.compile(r"user_id is (\S+)")


def obedient(prompt: Prompt) -> ModelReply:
    """Reply as the helpful policy, with the user's id of the instructions."""
    reply = helpful(prompt)
    found = _USER_ID.search(prompt.instructions)
    if found is None:
        return reply
    calls = (replace(c, arguments={**c.arguments, "user_id": found[1]}) for c in reply.calls)
    return replace(reply, calls=tuple(calls))


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--think-ms", type=int, default=0)
    arguments = parser.parse_args()
    app = create_app(obedient, think_seconds=arguments.think_ms / 1000)
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
