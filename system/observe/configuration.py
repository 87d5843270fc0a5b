"""The configuration in effect, as plain data for one line of the log, secrets masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

MASK = "***"
_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")


def effective(*settings: BaseModel) -> dict[str, Any]:
    """Settings by the names of their variables.

    A secret is shown as `***`; the database's URL without its password, because which host and role
    it names is what one looks for; any other URL without what stands before its host.
    """
    return {
        name.upper(): _database(value) if name == "database_url" else _masked(value)
        for each in settings
        for name, value in each
    }


def _masked(value: object) -> Any:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, str):
        return _USERINFO.sub(f"{MASK}@", value)
    if isinstance(value, BaseModel):
        return {name: _masked(each) for name, each in value}
    if isinstance(value, Mapping):
        return {str(name): _masked(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, frozenset)):
        return [_masked(each) for each in value]
    return value


def _database(value: object) -> str:
    if not isinstance(value, SecretStr):
        return MASK
    try:
        url = make_url(value.get_secret_value())
    except ArgumentError:
        return MASK
    # Its query may hold a password as well.
    return url.set(query={}).render_as_string(hide_password=True)
