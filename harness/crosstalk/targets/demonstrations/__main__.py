"""`python -m crosstalk.targets.demonstrations NAME --port N` serves a demonstration until Ctrl-C.

It prints a line to paste for alice and, for each credential that must be refused, one that reads
alice's tasks all the same where the pattern is careless.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import threading
from collections.abc import Mapping

from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import exit_code
from crosstalk.core.history import Actor
from crosstalk.core.principals import ALICE, forger
from crosstalk.surface.mcp.tools import tool_call
from crosstalk.targets.demonstrations import DEMONSTRATIONS
from crosstalk.targets.demonstrations.base import Pattern
from crosstalk.targets.demonstrations.serving import bound_socket, serving


def main() -> None:
    """Serve one, and say how to call it."""
    parser = argparse.ArgumentParser(description="Serves a demonstration of an MCP auth pattern.")
    parser.add_argument("name", choices=DEMONSTRATIONS)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments = parser.parse_args()
    demonstration = DEMONSTRATIONS[arguments.name]
    try:
        listener, url = bound_socket(arguments.port)
        pattern = demonstration.build(url)
        with serving(pattern.app, listener), contextlib.suppress(KeyboardInterrupt):
            print(f"{demonstration.name}: {demonstration.title}", flush=True)
            for line in lines_to_paste(pattern, f"{url}{pattern.endpoint}"):
                print(line, flush=True)
            threading.Event().wait()
    except HarnessError as error:
        parser.exit(exit_code(error), f"{parser.prog}: {error}\n")


def lines_to_paste(pattern: Pattern, endpoint: str) -> list[str]:
    """Return a shell line that stores a task of alice's, and one each credential to list them."""
    identity = {} if pattern.discovery().headers else {"user_id": ALICE.name}
    title = {**identity, "title": "private"}
    stores = ["# alice stores a task", _curl(pattern, endpoint, ALICE, "add_task", title)]
    if not pattern.forgeries:
        bob = _curl(pattern, endpoint, Actor("bob", "bob", "alice"), "list_tasks", identity)
        # Before and after: who signs in last is who a shared cookie jar speaks for.
        return ["# bob asks", bob, *stores, "# bob asks again", bob]
    for kind in pattern.forgeries:
        stores += [f"# {kind}", _curl(pattern, endpoint, forger(kind), "list_tasks", identity)]
    return stores


def _curl(
    pattern: Pattern, endpoint: str, actor: Actor, tool: str, arguments: Mapping[str, str]
) -> str:
    protocol, message = tool_call(tool, arguments)
    credential = pattern.credentials.present(actor, actor.user or actor.claims, "mcp").headers
    headers = [f"-H {shlex.quote(f'{k}: {v}')}" for k, v in {**protocol, **credential}.items()]
    body = shlex.quote(json.dumps(message))
    return " ".join(["curl -s", endpoint, *headers, "-d", body])


if __name__ == "__main__":
    main()
