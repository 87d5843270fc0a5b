"""The offline model for it: passes the user's id to tools when its instructions say so."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace

import uvicorn

from crosstalk.model.app import create_app
from crosstalk.model.conversation import ModelReply, Prompt
from crosstalk.model.policies import helpful

_TOLD = re.compile(r"user_id is (\S+)")


def obedient(prompt: Prompt) -> ModelReply:
    """As the helpful one, with the id that it was told."""
    reply = helpful(prompt)
    told = _TOLD.search(prompt.instructions)
    if told is None:
        return reply
    calls = (replace(c, arguments={**c.arguments, "user_id": told[1]}) for c in reply.calls)
    return replace(reply, calls=tuple(calls))


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--think-ms", type=int, default=0)
    arguments = parser.parse_args()
    app = create_app(obedient, think_seconds=arguments.think_ms / 1000)
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
