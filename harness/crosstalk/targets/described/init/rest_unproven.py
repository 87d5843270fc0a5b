"""Tells whether a REST API serves callers who prove nothing, and what then says who they are.

A document without a security scheme may be a server without credentials, or one that forgot to name
them. So something is read without any: only what is served so counts.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

from crosstalk.surface.credentials import NOTHING
from crosstalk.surface.graphql.form import GraphQLForm
from crosstalk.surface.http.exchange import client
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.rest.request import UnsendableError
from crosstalk.targets.described.guesses import unproven_sentence
from crosstalk.targets.described.init.rest_login import read_status
from crosstalk.targets.described.init.toml import toml

_SECONDS = 5.0
_READINGS = 12
_REFUSED = (401, 403)
# `X-Acting-User`, `x-account-id`, `X-Customer-Email`; a token or a key is a credential.
_HEADER = re.compile(
    r"(?:^|[-_])(?:user|username|account|tenant|customer|client|member|owner|actor|subject|person"
    r"|employee|patient|student|author|caller|principal)(?:[-_]?(?:id|name|email))?$",
    re.IGNORECASE,
)
# Served to every caller, with and without a credential.
_FOR_EVERY_CALLER = re.compile(r"health|ping|status|version|ready|live|metrics|docs|openapi|\b/$")


@dataclass(frozen=True, slots=True)
class Unproven:
    """The way in which callers without a credential are told apart.

    Attributes:
        header: Name of the header that names the caller; empty where none does.
        arguments: Parameters that do.
    """

    header: str = ""
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the sentence that `init` says."""
        ways = [f"the header {self.header}"] if self.header else []
        ways += [f"the argument {', '.join(self.arguments)}"] if self.arguments else []
        return unproven_sentence(ways)

    def settings(self) -> list[str]:
        """Return the lines of `[identity]`."""
        by = [*(["header"] if self.header else []), *(["argument"] if self.arguments else [])]
        lines = [f"by = {toml(by or ['none'])}  # guess: a reading without a credential was served"]
        if self.header:
            lines.append(f"header = {toml(self.header)}  # guess: by name")
        return lines


def unproven(operations: Sequence[Operation], identity: Sequence[str]) -> Unproven | None:
    """Read a few things without a credential.

    Args:
        operations: The API's; none of them may declare a security scheme.
        identity: Parameters that name the user whose data is meant.

    Returns:
        What names the caller; None where a reading is refused, or nothing can be read.
    """
    if any(each.extra.get("schemes") for each in operations):
        return None
    readings = [each for each in operations if _is_readable(each)][:_READINGS]
    name = f"probe{secrets.token_hex(4)}"
    try:
        with client(_SECONDS) as http:
            statuses = [read_status(http, each, name, NOTHING) for each in readings]
    except (httpx2.HTTPError, UnsendableError):
        return None
    if any(each in _REFUSED for each in statuses) or not any(
        200 <= each < 300 for each in statuses
    ):
        return None
    headers = [each for operation in operations for each in _headers(operation)]
    header = max(headers, key=headers.count) if headers else ""
    own = {flat for operation in operations for flat in _header_names(operation)}
    return Unproven(header, tuple(each for each in identity if each not in own))


def _is_readable(operation: Operation) -> bool:
    if isinstance(operation.extra["form"], GraphQLForm) or not operation.reads_only:
        return False
    if _FOR_EVERY_CALLER.search(operation.name.lower()):
        return False
    header_names = _header_names(operation)
    return not any(
        each.required and each.role is not Role.IDENTITY and each.name not in header_names
        for each in operation.parameters
    )


def _headers(operation: Operation) -> list[str]:
    """Return the headers of an operation that name a user."""
    return [each for each in _header_names(operation).values() if _HEADER.search(each)]


def _header_names(operation: Operation) -> dict[str, str]:
    """Return the parameters that are headers, each with the header's name."""
    form = operation.extra["form"]
    if isinstance(form, GraphQLForm):
        return {}
    return {
        name: str(places[0][1]) for name, places in form.paths.items() if places[0][0] == "header"
    }
