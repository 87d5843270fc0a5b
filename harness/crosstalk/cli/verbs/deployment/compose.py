"""`crosstalk compose -- COMMAND`: what `compose.yaml` describes, started, verified, taken down.

The system gets a name, ports, secrets and data of its own, so that it meets no other. COMMAND is
run once all of it is healthy, with options that attach it: `crosstalk isolation`, or
`pytest tests/e2e`.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console


def compose(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="-- COMMAND...", help="Run against it, with options that attach it."
        ),
    ] = None,
    profile: Annotated[
        list[str] | None, typer.Option(help="Of compose.yaml; may be repeated.")
    ] = None,
) -> int:
    """Start compose.yaml under a name and ports of its own, run a command, take it down."""
    from crosstalk.environment.backends.compose_settings import new_settings, write_settings
    from crosstalk.environment.backends.project import ComposeProject, isolated_settings
    from crosstalk.environment.runtime.engine import require_engine
    from crosstalk.environment.runtime.ports import Ports

    command, profile = command or [], profile or ["offline"]
    require_engine()
    console = make_console()
    folder = open_run("compose")
    env_file = folder.path.resolve() / ".env"
    root = Path.cwd()

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    status, images = 0, {}
    with Ports() as ports:
        chosen = new_settings(others=isolated_settings(root, ports))
        write_settings(env_file, chosen)
        with ComposeProject(root, env_file, profile, folder.path.resolve() / "logs") as project:
            say(f"building the images of {root / 'compose.yaml'}")
            project.build()
            say(f"built in {project.build_seconds} s; starting them as {project.name}")
            project.up()
            say(f"ready {project.ready_seconds} s after `docker compose up`")
            images = project.images()
            console.print(_table(images))
            if command:
                attached = ["--environment", "attached", "--attach", str(env_file)]
                whole = [*command, *attached, "--disposable-data"]
                status = subprocess.run(whole, check=False).returncode
            say("taking everything down")
    left = project.left()
    say(f"left on the engine: {', '.join(left) or 'nothing'}; logs: {folder.path / 'logs'}")
    folder.write_summary(
        {
            "ok": status == 0 and not left,
            "seconds_to_build": project.build_seconds,
            "seconds_to_ready": project.ready_seconds,
            "images": images,
            "command": command,
            "status": status,
            "left": left,
        }
    )
    return status or (ExitCode.TARGET_FAILED if left else ExitCode.CLEAN)


def _table(images: dict[str, dict[str, object]]) -> Table:
    table = Table(title="What runs", title_justify="left")
    table.add_column("service")
    table.add_column("image, MB", justify="right")
    table.add_column("user")
    for service, each in images.items():
        table.add_row(service, str(each["megabytes"]), str(each["user"]))
    return table
