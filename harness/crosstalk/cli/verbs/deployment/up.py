"""`crosstalk up`: the system for a person, until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Annotated

import typer
from rich.console import Console

from crosstalk.cli.options import Started
from crosstalk.core.exit_codes import ExitCode
from crosstalk.environment import (
    EnvironmentFailed,
    ProcessOptions,
    RunningSystem,
    chosen_environment,
)
from crosstalk.report.run_folder import open_run
from crosstalk.report.running_details import write_details
from crosstalk.report.terminal import make_console

_TTL_SECONDS = 12 * 3_600


def up(
    adversarial: Annotated[
        bool, typer.Option(help="The offline model obeys [[call TOOL {...}]] directives.")
    ] = False,
    backend_port: Annotated[int, typer.Option(help="0 takes a free port.")] = 8000,
    mcp_port: Annotated[int, typer.Option(help="0 takes a free port.")] = 8001,
    frontend: Annotated[
        bool,
        typer.Option("--with-frontend/--without-frontend", help="The pages; need Node 20.9."),
    ] = True,
    frontend_port: Annotated[int, typer.Option(help="0 takes a free port.")] = 3000,
    environment: Started = "processes",
) -> int:
    """Run the system for a person until Ctrl-C; prints URLs, tokens and curl lines."""
    console = make_console()

    def tell(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    folder = open_run("up")
    options = ProcessOptions(
        run_folder=folder.path,
        adversarial_model=adversarial,
        openai_api_key=os.environ.get("OPENAI_API_KEY"),
        openai_base_url=os.environ.get("OPENAI_BASE_URL"),
        openai_model=os.environ.get("OPENAI_MODEL"),
        openai_api=os.environ.get("OPENAI_API"),
        hand_on_settings=True,
        ports={"backend": backend_port, "mcp": mcp_port, "frontend": frontend_port},
        frontend=frontend,
        tell=tell,
    )
    starting = chosen_environment(environment, options)
    pages = ", the pages" if frontend else ""
    console.print(f"starting PostgreSQL, issuer, model, MCP server, backend{pages} ...")
    try:
        with starting as running:
            write_details(folder, mcp_url=running.mcp_url)
            _explain(console, running)
            _wait(running)
    except KeyboardInterrupt:
        console.print("ended; nothing is left running")
    return ExitCode.CLEAN


def _wait(running: RunningSystem) -> None:
    while True:
        time.sleep(1.0)
        for service in running.services.values():
            if not service.alive():
                raise EnvironmentFailed(f"{service.name} ended by itself: {service.last_words()}")


def _explain(console: Console, running: RunningSystem) -> None:
    def say(text: str = "") -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    model = running.model_url or os.environ.get("OPENAI_BASE_URL") or "OpenAI"
    say()
    if running.frontend_url:
        say(f"frontend  {running.frontend_url}   (sign up there; any e-mail address will do)")
    say(f"backend   {running.backend_url}   (docs: {running.backend_url}/docs)")
    say(f"mcp       {running.mcp_url}")
    say(f"model     {model}")
    say(f"logs      {running.logs}")
    say()
    users = ("alice", "bob")
    for user in users:
        say(f"{user.upper()}={running.mint(user, ttl=_TTL_SECONDS)}")
    say(f"ALICE_MCP={running.mint('alice', audience='mcp', ttl=_TTL_SECONDS)}")
    say()
    say("Paste the three lines above into a shell, then:")
    say()
    chat = f"curl -s {running.backend_url}/api/chat -H 'Content-Type: application/json'"
    request = json.dumps({"message": "add a task to buy milk"})
    say(f"{chat} -H \"Authorization: Bearer $ALICE\" -d '{request}'")
    for user in users:
        url = f"{running.backend_url}/api/{user}/tasks"
        say(f'curl -s {url} -H "Authorization: Bearer ${user.upper()}"')
    say()
    say("Look at it from outside, and at its figures:")
    say()
    tokens = '--token "$ALICE" --mcp-token "$ALICE_MCP"'
    say(f"crosstalk doctor {running.backend_url} {running.mcp_url} {tokens}")
    for url in running.metrics_urls.values():
        say(f"curl -s {url}")
    say()
    say("crosstalk mint --user carol --ttl 600 prints a token for another user.")
    say("Ctrl-C ends everything.")
    signal.siginterrupt(signal.SIGINT, True)
