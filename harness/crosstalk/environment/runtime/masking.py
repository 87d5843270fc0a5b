"""Masks secrets in what is shown: settings, URLs, tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "***"

_SECRET_NAME = re.compile(r"SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
# Members that only a private or shared key has (RFC 7518 section 6, RFC 8037 section 2).
_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "k")
# A shorter value is not drawn at random, and would be found anywhere.
_SHORTEST_SECRET = 12
_URL_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]*@")
_JWT = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")


def mask_text(text: str) -> str:
    """Mask passwords in URLs, and JSON Web Tokens."""
    return _JWT.sub(MASK, _URL_PASSWORD.sub(rf"\1:{MASK}@", text))


def mask_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Mask settings: whole values of those named as secrets, secrets within the others."""
    return {
        name: MASK if _SECRET_NAME.search(name) and value else mask_text(value)
        for name, value in settings.items()
    }


def secret_values(settings: Mapping[str, str]) -> dict[str, str]:
    """Map what each secret of these settings is to its text: what must not be shown anywhere."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        for number, password in enumerate(re.findall(r"://[^/@\s:]*:([^/@\s]*)@", value)):
            found[f"password in {name}" + (f" {number}" if number else "")] = password
        if not _SECRET_NAME.search(name):
            continue
        try:
            document = json.loads(value)
        except ValueError:
            found[name] = value
            continue
        found |= {f"{name}: {member}": text for member, text in _private_members(document)}
    return {name: text for name, text in found.items() if len(text) >= _SHORTEST_SECRET}


def shown_secrets(text: str, secrets: Mapping[str, str]) -> list[str]:
    """Return the names of the secrets that a text shows, and of any JSON Web Token in it."""
    found = [name for name, value in secrets.items() if value in text]
    return [*found, *(["a token"] if _JWT.search(text) else [])]


def _private_members(document: Any) -> Iterator[tuple[str, str]]:
    for each in document if isinstance(document, list) else [document]:
        if isinstance(each, dict):
            yield from ((name, str(each[name])) for name in _PRIVATE_MEMBERS if name in each)
