"""Notifications and resumed streams of an MCP server, as operations.

`mcp:notifications` is what reached the caller outside of any reply since they listened last: the
stream of a session, a subscription, whatever a process or an event stream sent by itself.
`mcp:streams/resume` asks for what came after an event of a stream (`Last-Event-ID`), which in an
attack is another user's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.verdict import Inconclusive, InconclusiveKind
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import unreachable, unsendable
from crosstalk.surface.mcp.answers import METHOD_NOT_FOUND, inferred_result, result_of
from crosstalk.surface.mcp.listing import declared_capabilities
from crosstalk.surface.mcp.replies import error_kind
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.transports.base import Reply, Transport, TransportError
from crosstalk.surface.transports.listening import Listening, Resuming

SURFACE = "mcp-streams"
LISTEN = "mcp:notifications"
RESUME = "mcp:streams/resume"
SUBSCRIBE = "mcp:resources/subscribe"
# Resources of the caller's own of which they want to hear.
_MOST_URIS = 5
# Events of one stream by which it is tried to be resumed.
_MOST_EVENTS = 4


class McpStreamsSurface:
    """The streams of one MCP server.

    Args:
        transport: Carries the messages.
        discovery: What is presented to find out whether there are any.
        answer: Reads replies.

    Attributes:
        not_understood: What is offered and cannot be heard, once it was discovered.
    """

    def __init__(
        self,
        transport: Transport,
        discovery: Presented,
        *,
        answer: Callable[[Reply], Answer] = inferred_result,
    ) -> None:
        self._transport = transport
        self.discovery = discovery
        self._answer = answer
        self._subscribes = True
        self._subscribed: set[tuple[str, str]] = set()
        self._logs = True
        self.not_understood: list[Inconclusive] = []

    def discover(self) -> list[Operation]:
        """Return listening and resuming, where the server has streams; perhaps nothing."""
        self.not_understood = []
        if not isinstance(self._transport, Listening):
            self._require_no_subscriptions("this transport has no streams")
            return []
        listening = _operation(LISTEN)
        answer = self.call(listening, {}, self.discovery)
        if answer.outcome is not Outcome.OK:
            said = answer.message or answer.code or answer.outcome.value
            self._require_no_subscriptions(f"{answer.status or 'no answer'}: {said}")
            return []
        if not isinstance(self._transport, Resuming):
            return [listening]
        # It says of no stream whether it can be resumed: events have ids, or none has.
        event = Parameter("event_id", {"type": "string"}, True, Role.REFERENCE)
        return [listening, _operation(RESUME, event)]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Listen, or have a stream resumed after an event."""
        try:
            if operation.name == LISTEN:
                return self._listened(presented)
            event = arguments.get("event_id")
            if not isinstance(self._transport, Resuming) or not event:
                return unsendable("no event is named")
            reply = self._transport.resume(str(event), presented)
        except TransportError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"argument or header is not expressible ({type(error).__name__})")
        return with_events(self._answer(reply), reply)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _require_no_subscriptions(self, why: str) -> None:
        """Name the subscriptions that the server offers, of which nothing can be heard.

        What has changed in a list that all users share tells nothing of their data, so that
        `listChanged` alone is no stream to be heard.
        """
        resources = declared_capabilities(self._transport, self.discovery).get("resources")
        if isinstance(resources, Mapping) and resources.get("subscribe"):
            self.not_understood.append(
                Inconclusive(
                    InconclusiveKind.NOT_UNDERSTOOD, SUBSCRIBE, f"offered and not heard: {why}"
                )
            )

    def _listened(self, presented: Presented) -> Answer:
        if not isinstance(self._transport, Listening):
            return unsendable("the transport has no streams")
        uris = self._own_uris(presented)
        reply = self._transport.listen(uris, presented)
        answer = with_events(self._answer(reply), reply)
        if answer.outcome is Outcome.OK:
            self._ask_for_logs(presented)
            for uri in uris:
                self._subscribe(uri, presented)
        return answer

    def _own_uris(self, presented: Presented) -> list[str]:
        """The latest of the resources that are listed to the caller."""
        result = result_of(self._transport.request("resources/list", {}, presented).body)
        if result is None:
            return []
        listed = [each for each in result.get("resources") or () if isinstance(each, Mapping)]
        return [str(each["uri"]) for each in listed if each.get("uri")][-_MOST_URIS:]

    def _subscribe(self, uri: str, presented: Presented) -> None:
        """Subscribe as before 2026-07-28; since then the stream says of which it is."""
        key = (presented.connection, uri)
        if self._subscribes and key not in self._subscribed:
            reply = self._transport.request("resources/subscribe", {"uri": uri}, presented)
            _, code, _ = error_kind(reply.body)
            self._subscribes = code != METHOD_NOT_FOUND
            self._subscribed.add(key)

    def _ask_for_logs(self, presented: Presented) -> None:
        if self._logs and ("", presented.connection) not in self._subscribed:
            reply = self._transport.request("logging/setLevel", {"level": "debug"}, presented)
            _, code, _ = error_kind(reply.body)
            self._logs = code != METHOD_NOT_FOUND
            self._subscribed.add(("", presented.connection))


def with_events(answer: Answer, reply: Reply) -> Answer:
    """Return the answer with ids of its stream's events, which can be given to other calls.

    Nothing comes after the last one, so that it is left out where there are others.
    """
    if not reply.event_ids:
        return answer
    ids = dict.fromkeys(reply.event_ids[:-1] or reply.event_ids)
    return replace(answer, linked={**answer.linked, "event_id": list(ids)[-_MOST_EVENTS:]})


def _operation(name: str, *parameters: Parameter) -> Operation:
    return Operation(
        surface=SURFACE,
        name=name,
        parameters=parameters,
        reads_only=True,
        public=True,
        unannounced=True,
        descriptive=True,
    )
