"""Reads a `crosstalk.toml`; every mistake is one line that names the setting."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crosstalk.core.errors import HarnessError, did_you_mean
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.identity import IdentityConfig
from crosstalk.targets.described.placeholders import filled
from crosstalk.targets.described.settings import settings_of

_VARIABLE = re.compile(r"\$(?:\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*))")


class TargetFileError(HarnessError):
    """The file cannot be used; the message says what to set."""


def load_target(
    path: Path,
    environment: Mapping[str, str] | None = None,
    places: Mapping[str, str] | None = None,
) -> TargetConfig:
    """Read a file and check it, once.

    Args:
        path: The file.
        environment: Where `$NAME` is looked up; the process's own by default.
        places: What `{port}` and `{scratch}` stand for in a run; without them they stay as they
            are, for a reader who starts nothing.

    Raises:
        TargetFileError: There is no such file, it is not TOML, or a setting is missing or wrong.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetFileError(
            f"cannot read {path} ({error.strerror}): write one with `crosstalk init URL`"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetFileError(f"{path} is not TOML: {error}") from error
    known = os.environ if environment is None else environment
    replacements = dict(places or {})
    if "start" not in data:
        # Only a system that is started for the run has a port of its own.
        replacements.pop("port", None)
    elif "{port}" not in str(data["start"]):
        raise TargetFileError(
            f"{path}: start.command says no port to listen on: write {{port}} where it takes one, "
            'e.g. command = ["python", "server.py", "--port", "{port}"], or environment = '
            '{PORT = "{port}"}, and {port} in the URLs of the file'
        )
    try:
        config = TargetConfig.model_validate(filled(_expanded(data, known, path, ()), replacements))
        return _beside(path.parent, config)
    except ValidationError as error:
        raise TargetFileError(f"{path}: {_first(error)}") from error


def _beside(folder: Path, config: TargetConfig) -> TargetConfig:
    """Return the description with the files of keys as paths that do not depend on the folder of
    the process.
    """

    def with_key(identity: IdentityConfig | None) -> IdentityConfig | None:
        if identity is None or identity.mint is None or not identity.mint.key_file:
            return identity
        mint = identity.mint.model_copy(update={"key_file": str(folder / identity.mint.key_file)})
        return identity.model_copy(update={"mint": mint})

    def surface(each: Any) -> Any:
        return each and each.model_copy(update={"identity": with_key(each.identity)})

    changed = {"mcp": surface(config.mcp), "rest": surface(config.rest)}
    return config.model_copy(update={**changed, "identity": with_key(config.identity)})


def _first(error: ValidationError) -> str:
    """The first mistake, as a sentence."""
    found = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in found["loc"])
    kind = found["type"]
    if kind == "extra_forbidden":
        *table, name = found["loc"]
        hint = did_you_mean(str(name), settings_of(table))
        return f"there is no setting {where}{hint} (docs/reference/crosstalk-toml.md)"
    if kind == "missing":
        return f"{where} is missing: set it"
    said = str(found["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return said
    known = re.findall(r"'([^']*)'", str(found.get("ctx", {}).get("expected", "")))
    hint = did_you_mean(str(found["input"]), known) if known else ""
    return f"{where}: {said[:1].lower()}{said[1:]}, it says {found['input']!r}{hint}"


def _expanded(
    value: Any, environment: Mapping[str, str], path: Path, where: tuple[str, ...]
) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _expanded(each, environment, path, (*where, str(key)))
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_expanded(each, environment, path, where) for each in value]
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        name = match.group(1) or match.group(2)
        if name not in environment:
            raise TargetFileError(
                f"{path}: {'.'.join(where)} names ${name}, which is not in the environment"
            )
        return environment[name]

    return _VARIABLE.sub(look_up, value)
