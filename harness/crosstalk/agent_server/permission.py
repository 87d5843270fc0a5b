"""Permission: which targets an agent may have verified.

The file lies in the person's configuration folder and not in the project, where an agent may write:

    hosts = ["staging.example.com"]   # beside loopback
    commands = true                   # programs that a description starts
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_config_path

from crosstalk.core.errors import HarnessError

_ALLOWED = ("hosts", "commands")
# Tables and keys of a description that name a program.
_PROGRAMS = frozenset({"command", "token_command"})


@dataclass(frozen=True, slots=True)
class Permission:
    """Permission that a person gives to agents.

    Attributes:
        hosts: Host names beside loopback.
        commands: Whether programs that a description names may be started.
        file: Where the person says so.
    """

    hosts: frozenset[str]
    commands: bool
    file: Path

    def require_url(self, url: str) -> None:
        """Refuse a URL whose host is neither loopback nor allowed.

        Raises:
            HarnessError: It is refused; the message says what a person may do.
        """
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        if not _is_loopback(host) and host not in self.hosts:
            raise HarnessError(
                f"refused: {host or url!r} is not a loopback address; a person may allow it with "
                f'hosts = ["{host}"] in {self.file}'
            )

    def require_target(self, file: Path) -> None:
        """Refuse a description that reaches or starts what is not allowed.

        Raises:
            HarnessError: It is refused, or cannot be read.
        """
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise HarnessError(f"cannot read {file} ({error.strerror}): call init first") from error
        except ValueError as error:
            raise HarnessError(f"{file} is not TOML: {error}") from error
        rest = data.get("rest")
        # Calls go to the origin of one of these, whatever servers a document names.
        if isinstance(rest, dict) and not any(
            "://" in os.path.expandvars(str(rest.get(key, "")))
            for key in ("base", "openapi", "graphql")
        ):
            raise HarnessError(
                f"refused: {file} names no URL of the REST API: set rest.base, or rest.openapi to "
                "the URL of its document"
            )
        for key, text in _texts(data):
            if key in _PROGRAMS and not self.commands:
                raise HarnessError(
                    f"refused: {file} starts a program ({text}); start it yourself and describe "
                    f"its URL, or a person may allow it with commands = true in {self.file}"
                )
            if "://" in (url := os.path.expandvars(text)):
                self.require_url(url)


def read_permission() -> Permission:
    """Read the person's file; loopback alone where there is none.

    Raises:
        HarnessError: It is wrong.
    """
    file = user_config_path("crosstalk") / "agents.toml"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        data = {}
    except (OSError, ValueError) as error:
        raise HarnessError(f"cannot read {file}: {error}") from error
    hosts, commands = data.get("hosts", []), data.get("commands", False)
    known = all(key in _ALLOWED for key in data) and isinstance(commands, bool)
    if not known or not isinstance(hosts, list) or not all(isinstance(x, str) for x in hosts):
        raise HarnessError(
            f"{file}: it has `hosts`, a list of names, and `commands`, true or false"
        )
    return Permission(frozenset(hosts), commands, file)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _texts(data: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of a description with the nearest key above it."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _texts(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value, key)
    elif isinstance(data, str):
        yield key, data
