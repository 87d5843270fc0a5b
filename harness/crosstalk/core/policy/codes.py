"""Codes and links that share an object with whoever says them: what an answer holds of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosstalk.core.identifiers import is_id_path, last_name
from crosstalk.core.object_kinds import has_own_id, kind_of_field

if TYPE_CHECKING:
    from crosstalk.core.history import Call

# What a field that holds a code is called, where it is not called as the argument is.
_CODE = re.compile(r"code|token|key|secret|link|url|slug|invit", re.IGNORECASE)


def codes_in(call: Call) -> frozenset[str]:
    """Return what a call answered and its caller had not said, links by their last part as well."""
    sent = {str(each) for each in call.arguments.values()}
    told = {text for _, text in call.paths if text not in sent}
    return frozenset(told | {last_part(each) for each in told})


def last_part(text: str) -> str:
    """Return the last part of an address: of `https://x.example/join/K7Q?by=mail` it is `K7Q`."""
    return text.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]


def code_of(call: Call, name: str) -> str:
    """Return the code that a call answered; empty where it answered nothing of its own.

    Args:
        call: That made it.
        name: Of the argument that takes it.
    """
    sent = {str(each) for each in call.arguments.values()}
    told = [(last_name(path), text) for path, text in call.paths if text not in sent]
    named = [text for field, text in told if field == last_name(name)]
    likely = [text for field, text in told if _CODE.search(field)]
    ids = [text for field, text in told if is_id_path(field)]
    return next((last_part(text) for text in (*named, *likely, *ids)), "")


def ids_answered(call: Call, kind: str) -> list[str]:
    """Return the ids of a kind of object in an answer, in its order."""
    has_id = has_own_id(call.paths)
    return [
        text
        for path, text in call.paths
        if is_id_path(path) and kind_of_field(path, call.operation, has_id=has_id) == kind
    ]
