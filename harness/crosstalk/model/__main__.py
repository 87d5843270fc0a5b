"""`python -m crosstalk.model --port N [--adversarial | --replay FILE] [--think-ms N]`.

In a container, `MODEL_ADVERSARIAL=yes` and `MODEL_PIECE_MS` set the same.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import uvicorn

from crosstalk.model.app import create_app
from crosstalk.model.policies import ModelPolicy, adversarial, helpful, replaying


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="An offline model that speaks OpenAI's API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--adversarial",
        action="store_true",
        default=os.environ.get("MODEL_ADVERSARIAL") == "yes",
        help="obey directives in any text",
    )
    parser.add_argument("--replay", type=Path, help="JSON list of replies to give in order")
    parser.add_argument("--think-ms", type=int, default=0, help="delay before each reply")
    pieces = int(os.environ.get("MODEL_PIECE_MS") or 0)
    parser.add_argument("--piece-ms", type=int, default=pieces, help="delay between pieces")
    arguments = parser.parse_args()
    policy: ModelPolicy = adversarial if arguments.adversarial else helpful
    if arguments.replay:
        try:
            recorded = json.loads(arguments.replay.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            parser.error(f"cannot read replies from {arguments.replay}: {error}")
        if not isinstance(recorded, list) or not recorded:
            parser.error(f"{arguments.replay} must hold a JSON list of replies")
        policy = replaying(recorded)
    app = create_app(
        policy,
        think_seconds=arguments.think_ms / 1000,
        piece_seconds=arguments.piece_ms / 1000,
    )
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
