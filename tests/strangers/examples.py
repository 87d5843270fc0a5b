"""The files of `examples/targets`, and what their first lines say: packages, `init`, verdict."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from crosstalk.report.run_folder import RunFolder
from crosstalk.targets.described import load_target
from crosstalk.targets.described.config import TargetConfig
from tests.repository import ROOT

FOLDER = ROOT / "examples" / "targets"
_INSTALL = re.compile(r"^#\s+(pip|npm) install (.+?)\s+\(([\w.]+)\)$", re.MULTILINE)
_BEGUN = re.compile(r"^# Begun with: crosstalk (init .+)$", re.MULTILINE)
_FINDING = re.compile(r"^# Expected: a finding\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A confirmed file for a server that was not written here.

    Attributes:
        path: The file.
        packages: Installer and the packages that it is given, pinned as the file says.
        begun: The arguments of `crosstalk` that it was begun with, where it was.
        finding: Whether its run is expected to find something.
        config: What it describes.
    """

    path: Path
    packages: tuple[tuple[str, tuple[str, ...]], ...]
    begun: tuple[str, ...]
    finding: bool
    config: TargetConfig

    @property
    def transport(self) -> str:
        """How messages travel; whether the server keeps sessions is part of it."""
        if self.config.mcp is None:
            return "REST by OpenAPI"
        stateless = "--stateless" in (self.config.start.command if self.config.start else [])
        return f"{self.config.mcp.transport}{', stateless' if stateless else ''}"

    @property
    def identity(self) -> str:
        """What says who calls."""
        ways = (each for found in self.config.identities().values() for each in found.by)
        return " and ".join(dict.fromkeys(ways))

    @property
    def servers(self) -> tuple[str, ...]:
        """The packages from a registry, without versions and without what only holds them back."""
        named = (each for _, packages in self.packages for each in packages if "<" not in each)
        return tuple(re.sub(r"(?<=.)(@|==).*", "", each) for each in named)


def examples() -> list[Example]:
    """All of them, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.toml"))]


def write_table(folder: RunFolder, rows: list[tuple[Example, str, int, list[str]]]) -> None:
    """What was run, as `strangers.md`: transport, identity, verdict, and findings by kind."""
    lines = [
        "| file | transport | who calls is said by | verdict | calls | findings by kind |",
        "|---|---|---|---|---:|---|",
    ]
    for example, verdict, calls, kinds in rows:
        cells = [example.path.name, example.transport, example.identity, verdict, str(calls)]
        lines.append(f"| {' | '.join([*cells, ', '.join(sorted(set(kinds)))])} |")
    folder.write("strangers.md", "\n".join(lines) + "\n")


def _read(path: Path) -> Example:
    text = path.read_text(encoding="utf-8")
    packages = []
    for installer, named, version in _INSTALL.findall(text):
        first, *others = shlex.split(named)
        pin = "==" if installer == "pip" else "@"
        packages.append((installer, (f"{first}{pin}{version}", *others)))
    begun = _BEGUN.search(text)
    return Example(
        path=path,
        packages=tuple(packages),
        begun=tuple(shlex.split(begun[1])) if begun else (),
        finding=bool(_FINDING.search(text)),
        config=load_target(path),
    )
