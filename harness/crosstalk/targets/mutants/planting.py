"""The catalog of planted leaks: edits to a copy of the system, with the incidents they model.

An edit names a text that must occur in the file exactly a given number of times (once by default).
When the system changes and the text is gone, the mutant no longer applies and says so: it never
silently turns into the system it should break.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError, InternalError, did_you_mean
from crosstalk.environment import Pooler, locate_system

FOLDER = Path(__file__).parent / "catalog"
# What must happen before a leak shows; docs/mutants.md says what each means.
SITUATIONS = (
    "many",
    "pages",
    "neighbours",
    "refusals",
    "protocol",
    "changes",
    "second-order",
    "limits",
    "clocks",
)
_IGNORED = shutil.ignore_patterns("__pycache__", "frontend", "*.pyc")


class MutantDoesNotApplyError(InternalError):
    """The text that a mutant edits is not in the system, or not as often as expected."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit: `find` occurs `count` times in `file` and becomes `replace`."""

    file: str
    find: str
    replace: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted leak.

    Attributes:
        id: Its name on the command line.
        kind: Its class.
        title: The fault, in one line.
        modelled_on: The incident, bug or weakness that it copies.
        source: The advisory, weakness or publication by its id, or by its title and year; empty
            where `modelled_on` names it.
        situation: What must happen before it can show, one of `SITUATIONS`; empty where any use
            of the operation will do.
        removes: Layers that it removes beside its own edit.
        expected_oracle: The oracle that should catch it.
        why_survives: The reason for which no campaign can find it, where none can; else empty.
        edits: All edits, those of the layers first.
        pooler: The pooler before PostgreSQL that it needs to show.
    """

    id: str
    kind: str
    title: str
    modelled_on: str
    removes: tuple[str, ...]
    expected_oracle: str
    edits: tuple[Edit, ...]
    why_survives: str = ""
    pooler: Pooler = "none"
    source: str = ""
    situation: str = ""

    def apply(self, destination: Path, source: Path | None = None) -> Path:
        """Copy the system and edit the copy.

        Args:
            destination: Folder that receives the `system` package.
            source: Folder that contains the original; the installed one by default.

        Returns:
            The destination, ready as a `system_root`.

        Raises:
            MutantDoesNotApplyError: A text does not occur as often as it should.
        """
        origin = (source or locate_system()) / "system"
        root = destination / "system"
        shutil.copytree(origin, root, ignore=_IGNORED)
        for edit in self.edits:
            path = root / edit.file
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            found = text.count(edit.find)
            if found != edit.count:
                raise MutantDoesNotApplyError(
                    f"mutant {self.id}: its text occurs {found} times in system/{edit.file}, "
                    f"not {edit.count}; adapt the catalog to the system"
                )
            path.write_text(text.replace(edit.find, edit.replace), encoding="utf-8")
        return destination


def load_catalog(folder: Path = FOLDER) -> dict[str, Mutant]:
    """Parse every mutant, by id.

    Raises:
        HarnessError: An entry is not complete, or an id occurs twice.
    """
    layers = _layers(folder)
    found: dict[str, Mutant] = {}
    for path in sorted(folder.glob("*/*.toml")):
        mutant = _parsed(path, layers)
        if mutant.id in found:
            raise HarnessError(f"{path}: another entry has the id {mutant.id}")
        found[mutant.id] = mutant
    return found


def get_mutant(identifier: str, folder: Path = FOLDER) -> Mutant:
    """Parse one entry of the catalog, which is named after the mutant's id.

    Raises:
        HarnessError: There is none of that id; the message names the nearest.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*/*.toml"))}
    if identifier not in paths:
        raise HarnessError(f"there is no mutant {identifier!r}{did_you_mean(identifier, paths)}")
    return _parsed(paths[identifier], _layers(folder))


def _layers(folder: Path) -> Mapping[str, Any]:
    return tomllib.loads((folder / "layers.toml").read_text(encoding="utf-8"))


def _parsed(path: Path, layers: Mapping[str, Any]) -> Mutant:
    try:
        mutant = _mutant(tomllib.loads(path.read_text(encoding="utf-8")), layers)
    except (KeyError, TypeError, ValueError) as error:
        raise HarnessError(f"{path} is not a catalog entry: {error}") from error
    if mutant.id != path.stem or mutant.kind != path.parent.name:
        raise HarnessError(f"{path}: id and class must be as the file and its folder are named")
    return mutant


def _mutant(data: Mapping[str, Any], layers: Mapping[str, Any]) -> Mutant:
    removed = [Edit(**edit) for name in data["removes"] for edit in layers[name]["edit"]]
    return Mutant(
        id=data["id"],
        kind=data["class"],
        title=data["title"],
        modelled_on=data["modelled_on"],
        removes=tuple(data["removes"]),
        expected_oracle=data["expected_oracle"],
        why_survives=data.get("why_survives", ""),
        source=data.get("source", ""),
        situation=_situation(data.get("situation", "")),
        edits=(*removed, *(Edit(**edit) for edit in data["edit"])),
        pooler=data.get("pooler", "none"),
    )


def _situation(name: str) -> str:
    if name and name not in SITUATIONS:
        raise ValueError(f"situation must be one of {', '.join(SITUATIONS)}, not {name!r}")
    return name
