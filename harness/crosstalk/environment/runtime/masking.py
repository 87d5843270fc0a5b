"""Masks secrets in what is shown: settings, URLs, tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping

MASK = "***"

_SECRET_NAME = re.compile(r"SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
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
