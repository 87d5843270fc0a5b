"""`crosstalk compose -- COMMAND`: what `compose.yaml` describes, started, verified, taken down.

The system gets a name, ports, secrets and data of its own, so that it meets no other. COMMAND is
run once all of it is healthy, and is told how to attach to it: `crosstalk isolation`, or
`pytest tests/e2e`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from crosstalk.cli.verbs import env as env_command
from crosstalk.core.exit_codes import ExitCode
from crosstalk.environment.backends.project import ComposeProject, isolated_settings
from crosstalk.environment.runtime.engine import require_engine
from crosstalk.environment.runtime.ports import Ports
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console


def run(*, command: Sequence[str], profiles: Sequence[str]) -> int:
    """Exit status of the command; 0 without one.

    Raises:
        EnvironmentFailed: There is no engine, or the system does not become healthy.
    """
    require_engine()
    console = make_console()
    folder = open_run("compose")
    env_file = folder.path.resolve() / ".env"
    root = Path.cwd()

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    status, images = 0, {}
    with Ports() as ports:
        chosen = env_command.settings(others=isolated_settings(root, ports))
        env_command.write(env_file, chosen)
        with ComposeProject(root, env_file, profiles, folder.path.resolve() / "logs") as project:
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
            "command": list(command),
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
