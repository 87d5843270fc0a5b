"""Manifests of the corpus: what a server is, how it starts, and what is planted in it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "strangers" / "corpus"

Author = Literal["blind", "open"]
PlantedOracle = Literal[
    "canary",
    "ownership",
    "existence",
    "two-worlds",
    "concurrency",
    "revocation",
    "function",
    "escalation",
    "property",
    "delegation",
    "identity",
]


class ManifestError(ValueError):
    """A manifest does not have the format; the message names the file and the fields."""


class Strict(BaseModel):
    """A table whose keys are known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Users(Strict):
    """Ways to prove who calls, as the product's documentation tells them."""

    how: str
    details: str


class Planted(Strict):
    """One leak.

    Attributes:
        id: The word that switches it on in `LEAKS`.
        oracle: What it shows by: another's text, another's changed object, whether something
            exists, what others do, a credential that is no user's, or only under concurrent calls.
        operation: `METHOD /path`, `tool name`, `resource uri` or `prompt name`; a bare name is a
            tool's or a prompt's, a bare URI a resource's.
        subtle: It is more than a plain read by id.
        why: The mistake.
        shows: The calls that show it.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    oracle: PlantedOracle
    operation: str = Field(min_length=1)
    subtle: bool = False
    why: str = Field(min_length=1)
    shows: str = Field(min_length=1)


class Meant(Strict):
    """Something that a server shows on purpose: to report it is neither a find nor false.

    Attributes:
        operation: As of a planted leak.
        oracles: Those by which it shows.
        why: The reason, in a sentence.
    """

    operation: str = Field(min_length=1)
    oracles: list[PlantedOracle]
    why: str = Field(min_length=1)


class Manifest(Strict):
    """One server of the corpus; the attributes are those of `manifest.toml`."""

    name: str
    domain: str = Field(pattern=r"^[a-z-]+$")
    framework: str
    surface: Literal["rest", "mcp", "both"]
    author: Author
    description: str = Field(min_length=20)
    start: list[str] = []
    stdio: list[str] = []
    requires: list[str] = []
    requires_npm: list[str] = []
    mcp: str | None = None
    openapi: str | None = None
    graphql: str | None = None
    must_not_report: list[str] = []
    meant: list[Meant] = []
    users: Users
    planted: list[Planted] = []

    @model_validator(mode="after")
    def _is_whole(self) -> Manifest:
        if not self.stdio and "{port}" not in " ".join(self.start):
            raise ValueError("start has no {port}, and there is no stdio")
        if self.surface in ("mcp", "both") and self.mcp is None and not self.stdio:
            raise ValueError("mcp is missing")
        if self.surface in ("rest", "both") and self.openapi is None and self.graphql is None:
            raise ValueError("openapi is missing, or graphql")
        ids = [each.id for each in self.planted]
        if len(set(ids)) != len(ids):
            raise ValueError("two planted leaks have one id")
        return self


@dataclass(frozen=True, slots=True)
class Entry:
    """A server of the corpus and its folder."""

    folder: Path
    manifest: Manifest


def read_manifest(path: Path) -> Manifest:
    """Read one manifest.

    Raises:
        ManifestError: It does not have the format, or its name is not its folder's.
    """
    try:
        manifest = Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{path}: {error}") from error
    if manifest.name != path.parent.name:
        raise ManifestError(f"{path}: name is {manifest.name!r}, and its folder is another")
    return manifest


def read_corpus(names: Sequence[str] = (), author: Author | None = None) -> list[Entry]:
    """Return the servers by name; those of `names` or of one author alone where given.

    Raises:
        ManifestError: A manifest does not have the format, or a name is not there.
    """
    found = {path.parent.name: path for path in sorted(CORPUS.glob("*/manifest.toml"))}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise ManifestError(f"not in the corpus: {', '.join(unknown)}")
    entries = [
        Entry(path.parent, read_manifest(path))
        for name, path in found.items()
        if not names or name in names
    ]
    return [each for each in entries if author is None or each.manifest.author == author]
