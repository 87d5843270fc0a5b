"""Answers to what a server asks of its client: elicitation, sampling, roots.

A server may hold back a result until it has been given input: by a request of its own on the
stream, or since 2026-07-28 by a result that says which input is required, after which the client
calls again with it (SEP-2322). A verifier that declines sees only half of such a server, so every
question is answered: consent is given, and a form is filled in by its schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crosstalk.surface.credentials import Presented
from crosstalk.surface.mcp.answers import result_of
from crosstalk.surface.transports.base import Reply, Transport
from crosstalk.surface.transports.inputs import input_for

# A server that asks for ever would otherwise keep a campaign.
_MAX_ROUNDS = 4


def completed(
    transport: Transport, method: str, params: Mapping[str, Any], presented: Presented
) -> Reply:
    """Send a request, and send it again with the input that the server requires.

    What the server said when it asked is evidence, too: it is among the reply's unsolicited
    messages.

    Raises:
        TransportError: No reply came.
        ValueError, RecursionError: The transport cannot express the request.
    """
    reply = transport.request(method, params, presented)
    asked: list[Any] = []
    for _ in range(_MAX_ROUNDS):
        given = required_input(result_of(reply.body))
        if given is None:
            break
        asked += [result_of(reply.body), *reply.unsolicited]
        reply = transport.request(method, {**params, **given}, presented)
    return replace(reply, unsolicited=(*asked, *reply.unsolicited)) if asked else reply


def required_input(result: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what is sent along when a request is repeated; None where no input is required."""
    if result is None or result.get("resultType") != "input_required":
        return None
    requests = result.get("inputRequests")
    responses = {
        str(name): input_for(each)
        for name, each in (requests.items() if isinstance(requests, Mapping) else ())
    }
    found: dict[str, Any] = {name: each for name, each in responses.items() if each is not None}
    state = {"requestState": result["requestState"]} if "requestState" in result else {}
    return {"inputResponses": found, **state}
