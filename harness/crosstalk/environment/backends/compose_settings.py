"""Settings and secrets that `compose.yaml` asks for, drawn at random, in a file.

Nothing is ever overwritten: a database that was made with the passwords of a file opens with no
others.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.errors import storage_failure
from crosstalk.tokens import KeyPair

# Where `compose.yaml` has the offline model.
OFFLINE_MODEL_URL = "http://model:8002/v1"


@dataclass(frozen=True, slots=True)
class Setting:
    """A line of the file.

    Attributes:
        name: Of the variable.
        value: Without line breaks or single quotes.
        purpose: What it is for, and who gets it.
    """

    name: str
    value: str
    purpose: str


def new_settings(*, offline: bool = True, others: Mapping[str, str] | None = None) -> list[Setting]:
    """A complete set, every secret new.

    Args:
        offline: The offline model answers; otherwise the key of a real one is left to be filled in.
        others: Ports, limits and whatever else `compose.yaml` reads, by name.
    """
    word = secrets.token_urlsafe
    signing_key = json.dumps(KeyPair.generate("EdDSA").private_jwk(), separators=(",", ":"))
    real = "empty means OpenAI's; any compatible server will do"
    return [
        Setting(
            "POSTGRES_PASSWORD", word(24), "PostgreSQL's administrator; migrations alone log in"
        ),
        Setting("OWNER_DATABASE_PASSWORD", word(24), "role that owns the tables; only migrations"),
        Setting("BACKEND_DATABASE_PASSWORD", word(24), "the backend's role, which owns nothing"),
        Setting("MCP_DATABASE_PASSWORD", word(24), "the MCP server's role, which owns nothing"),
        Setting("AUTH_DATABASE_PASSWORD", word(24), "the frontend's role, for accounts alone"),
        Setting("CURSOR_SECRET", word(32), "signs pagination cursors; backend and MCP server"),
        Setting(
            "BETTER_AUTH_SECRET", word(32), "signs session cookies, encrypts keys; the frontend"
        ),
        Setting("BACKEND_SIGNING_KEY", signing_key, "signs the backend's tokens for MCP (Ed25519)"),
        Setting(
            "OPENAI_API_KEY",
            "offline" if offline else "",
            "the model's key; the offline model takes any" if offline else "the model's key",
        ),
        Setting(
            "OPENAI_BASE_URL",
            OFFLINE_MODEL_URL if offline else "",
            "the offline model, of the profile `offline`" if offline else real,
        ),
        *(
            Setting(name, value, "chosen when this file was made")
            for name, value in (others or {}).items()
        ),
    ]


def write_settings(path: Path, chosen: Iterable[Setting]) -> None:
    """Write the file, readable by this user alone.

    Raises:
        HarnessError: It is there already, or cannot be written.
    """
    lines = ["# Read by `docker compose`; keep it out of version control.", ""]
    for each in chosen:
        quoted = f"'{each.value}'" if each.value else ""
        lines += [f"# {each.purpose}", f"{each.name}={quoted}"]
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise HarnessError(
            f"{path} is there already and is not overwritten: a database made with its passwords "
            "opens with no others; move it away, or name another file with --output"
        ) from None
    except OSError as error:
        raise storage_failure(
            "the file", path.parent, error, "choose another with --output"
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
