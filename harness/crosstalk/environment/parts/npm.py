"""Programs from npm that a run needs: installed once, kept in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from crosstalk.environment.parts.frontend import Node
from crosstalk.environment.runtime.cache import cache_folder
from crosstalk.environment.runtime.errors import EnvironmentFailed

_INSTALL_SECONDS = 600.0


def install_package(name: str, version: str, node: Node) -> Path:
    """Install a package with its dependencies, without running install scripts; return its folder.

    Args:
        name: Its name on npm.
        version: Its exact version.
        node: The Node whose npm is used.

    Raises:
        EnvironmentFailed: npm does not install it.
    """
    base = cache_folder() or Path(".crosstalk", "cache").absolute()
    kept = base / "npm" / f"{name.replace('/', '+')}@{version}"
    if not kept.is_dir():
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix="making-", dir=kept.parent))
            try:
                _install(f"{name}@{version}", scratch, node)
                # Renamed when complete: an interrupted installation is never taken for one.
                if not kept.is_dir():
                    scratch.rename(kept)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        except OSError as error:
            raise EnvironmentFailed(f"{name} cannot be kept in {kept}: {error.strerror}") from error
    return kept / "node_modules" / name


def run_node(
    node: Node, arguments: Sequence[str], *, seconds: float, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program on Node to its end, with nothing on its standard input.

    Args:
        node: The Node that runs it.
        arguments: The script and its arguments.
        seconds: The most seconds it may take.
        folder: Its working directory.

    Raises:
        EnvironmentFailed: It cannot be run, or does not end in time.
    """
    return _run([str(node.program), *arguments], node, seconds, folder)


def _install(package: str, folder: Path, node: Node) -> None:
    options = ("--no-audit", "--no-fund", "--ignore-scripts")
    command = [*node.npm, "install", "--prefix", str(folder), *options, package]
    said = _run(command, node, _INSTALL_SECONDS, None)
    if said.returncode != 0:
        reason = (said.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise EnvironmentFailed(
            f"npm did not install {package} ({reason}); see that it reaches its registry"
        )


def _run(
    command: Sequence[str], node: Node, seconds: float, folder: Path | None
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(node.program.parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    try:
        return subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=folder,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentFailed(f"{Path(command[0]).name} did not run: {error}") from error
