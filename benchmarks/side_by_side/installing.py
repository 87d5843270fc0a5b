"""Installation of each tool in an environment of its own, at the version in the table."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.side_by_side.tools import Crosstalk, Tool

ROOT = Path(".crosstalk/side-by-side/tools")


class NotInstallableError(Exception):
    """A tool cannot be installed here; the message has the last lines of the output."""


def programs_of(tool: Tool, root: Path = ROOT) -> Path:
    """Return the folder with a tool's programs; makes its environment the first time.

    Raises:
        NotInstallableError: It cannot be installed.
    """
    if isinstance(tool, Crosstalk):
        return Path(sys.executable).parent
    home = (root / f"{tool.name}-{tool.version}").resolve()
    ready = home / ".installed"
    if not ready.exists():
        shutil.rmtree(home, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        wanted = f"{tool.name}=={tool.version}"
        uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
        if uv:
            _run([uv, "venv", "--quiet", "--python", sys.executable, str(home)])
            _run([uv, "pip", "install", "--quiet", "--python", str(home / "bin/python"), wanted])
        else:
            _run([sys.executable, "-m", "venv", str(home)])
            _run([str(home / "bin/python"), "-m", "pip", "install", "--quiet", wanted])
        ready.touch()
    return home / "bin"


def _run(command: list[str]) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        output = (finished.stdout + finished.stderr).strip().splitlines()[-3:]
        raise NotInstallableError(" ".join([f"{' '.join(command)}:", *output]))
