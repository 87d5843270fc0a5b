"""Self-descriptions of an MCP server as operations: greeting, and lists of what it offers.

Descriptions, instructions and schemas are texts like any other: one that was made of another user's
data, or kept from another user's view, shows it to whoever lists the tools. A stranger may be
answered; no user's data belongs in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import unreachable, unsendable
from crosstalk.surface.mcp.answers import inferred_result
from crosstalk.surface.operation import Operation
from crosstalk.surface.transports.base import Reply, Transport, TransportError

SURFACE = "mcp-protocol"
# Method to the field of its result that holds a list; "" where the result is no list. The greeting
# is `initialize`, and since 2026-07-28 `server/discover`.
_METHODS: Mapping[str, str] = {
    "initialize": "",
    "server/discover": "",
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/templates/list": "resourceTemplates",
}
_MOST_PAGES = 4


class McpProtocolSurface:
    """The greeting and the lists of one MCP server.

    Args:
        transport: Carries the messages.
        discovery: What is presented to find out which of them it has.
        also: What others present; a method that answers one of them is an operation.
        answer: Reads replies.
    """

    def __init__(
        self,
        transport: Transport,
        discovery: Presented,
        *,
        also: Sequence[Presented] = (),
        answer: Callable[[Reply], Answer] = inferred_result,
    ) -> None:
        self._transport = transport
        self.discovery = discovery
        self.also = also
        self._answer = answer

    def discover(self) -> list[Operation]:
        """Return the methods that answer with a result; perhaps none."""
        return [each for each in map(_operation, _METHODS) if self._answers(each)]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Ask for one of them; of a list all pages are one answer."""
        method, key = str(operation.extra["method"]), str(operation.extra["key"])
        try:
            answer = self._answer(self._transport.request(method, arguments, presented))
            pages = 1
            while key and pages < _MOST_PAGES and (cursor := _next(answer)):
                more = self._answer(self._transport.request(method, {"cursor": cursor}, presented))
                answer = _joined(answer, more, key)
                pages += 1
        except TransportError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"argument or header is not expressible ({type(error).__name__})")
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _answers(self, operation: Operation) -> bool:
        for presented in (self.discovery, *self.also):
            answer = self.call(operation, {}, presented)
            if answer.outcome is Outcome.OK and isinstance(answer.body, Mapping):
                return True
            if answer.outcome is Outcome.UNREACHABLE:
                # A server that keeps silent at what it does not know would be waited for again.
                return False
        return False


def _operation(method: str) -> Operation:
    return Operation(
        surface=SURFACE,
        name=f"mcp:{method}",
        parameters=(),
        reads_only=True,
        public=True,
        descriptive=True,
        extra={"method": method, "key": _METHODS[method]},
    )


def _next(answer: Answer) -> str:
    body = answer.body
    return str(body.get("nextCursor") or "") if isinstance(body, Mapping) else ""


def _joined(answer: Answer, more: Answer, key: str) -> Answer:
    """One answer of two pages, with the cursor of the last."""
    if more.outcome is not Outcome.OK or not isinstance(more.body, Mapping):
        return replace(answer, body={**answer.body, "nextCursor": None})
    entries = [*(answer.body.get(key) or ()), *(more.body.get(key) or ())]
    return replace(
        answer,
        body={**more.body, key: entries, "nextCursor": more.body.get("nextCursor")},
        unsolicited=(*answer.unsolicited, *more.unsolicited),
    )
