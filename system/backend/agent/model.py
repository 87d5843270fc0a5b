"""The model as the agents SDK asks for it, without checking again what is plain already.

Two walks of the SDKs over a request cost more than everything else in a chat: the OpenAI client
rewrites each parameter by its declared type, through the unions of all kinds of tools, and the
agents SDK turns the tools into plain data once a turn. What the agent sends is plain data from the
start and the tools are the same for every user, so it is sent as it is.
The request that arrives is the same.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast, get_args

import httpx2
from agents import (
    AgentsException,
    FunctionTool,
    OpenAIChatCompletionsModel,
)
from openai import AsyncOpenAI, AsyncStream, NotGiven, OpenAIError
from openai._models import FinalRequestOptions
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from system.backend.agent.harmless import harmless_event

_Event = TypeVar("_Event")
_Read = TypeVar("_Read")
# The kind of an event to what reads it.
_EVENTS: Mapping[str, TypeAdapter[Any]] = {
    kind: TypeAdapter(each)
    for each in get_args(get_args(ResponseStreamEvent)[0])
    for kind in get_args(each.model_fields["type"].annotation)
}
_RESPONSES = "/responses"


class ModelUnreadableError(Exception):
    """The model's answer cannot be read; the message is the kind of error that says so."""


class PlainOpenAI(AsyncOpenAI):
    """The client, sending plain data as it is, and validating what is answered once."""

    # A request as the SDK made it, and what it was made of.
    _made: tuple[object, httpx2.Request] | None = None

    async def whole_reply(self, given: Mapping[str, Any]) -> Response:
        """Create a response and wait for all of it.

        Args:
            given: Plain data under the API's own names.

        Raises:
            OpenAIError: The server did not answer, after the repeats that the client makes.
            ValidationError: It is no reply of this API; the SDK reads anything as one.
        """
        answer = await self.post(_RESPONSES, cast_to=httpx2.Response, content=to_json(given))
        return Response.model_validate_json(answer.content)

    async def reply_events(self, given: Mapping[str, Any]) -> AsyncGenerator[ResponseStreamEvent]:
        """Create a response and yield its events as they come; closed, it leaves nothing open.

        Args:
            given: As for `whole_reply`.

        Raises:
            OpenAIError: The server did not answer, or breaks off in words of its own.
        """
        stream = await self.post(
            _RESPONSES,
            cast_to=Response,
            content=to_json({**given, "stream": True}),
            stream=True,
            stream_cls=AsyncStream[ResponseStreamEvent],
        )
        async with stream:
            async for event in stream:
                yield event

    def _process_response_data(
        self, *, data: object, cast_to: type[_Read], response: httpx2.Response
    ) -> _Read:
        """Read an answer, or one event of one: its kind names its class.

        The SDK tries the classes of all events for each, which takes eight times as long.
        """
        if cast(object, cast_to) is ResponseStreamEvent and isinstance(data, dict):
            kind = _EVENTS.get(str(data.get("type")))
            # What is not as the API says the SDK reads as well as it can.
            with suppress(ValidationError):
                if kind is not None:
                    return cast(_Read, kind.validate_python(data))
        return super()._process_response_data(data=data, cast_to=cast_to, response=response)

    def _build_request(
        self, options: FinalRequestOptions, *, retries_taken: int = 0
    ) -> httpx2.Request:
        """Put a request together; of two replies' requests only the contents differ."""
        content = options.content
        if options.url != _RESPONSES or not isinstance(content, bytes):
            return super()._build_request(options, retries_taken=retries_taken)
        # What was not given is another object each time.
        given = (options.headers, options.params, options.timeout, retries_taken)
        made_of = [None if isinstance(each, NotGiven) else each for each in given]
        if self._made is None or self._made[0] != made_of:
            request = super()._build_request(options, retries_taken=retries_taken)
            self._made = (made_of, request)
            return request
        made = self._made[1]
        headers = [each for each in made.headers.raw if each[0].lower() != b"content-length"]
        return httpx2.Request(
            made.method, made.url, headers=headers, content=content, extensions=made.extensions
        )


class PlainChatCompletionsModel(OpenAIChatCompletionsModel):
    """The SDK's model for the older API, whose answers are anything."""

    async def stream_response(self, *given: Any, **named: Any) -> AsyncIterator[Any]:
        """The events of an answer."""
        async for event in readable(super().stream_response(*given, **named)):
            yield event


async def readable(events: AsyncIterator[_Event]) -> AsyncGenerator[_Event]:
    """The events of an answer, read by the SDKs, and harmless to what reads them next.

    Raises:
        ModelUnreadableError: The answer is nothing that they can read: not UTF-8, not JSON, not
            the shape that the API names. They raise whatever their code trips over.
    """
    with reading():
        async for event in events:
            yield harmless_event(event)


@contextmanager
def reading() -> Iterator[None]:
    """Turn what the SDKs trip over, while they read the model's output, into one error.

    Raises:
        ModelUnreadableError: See `readable`.
    """
    try:
        yield
    except (OpenAIError, AgentsException, httpx2.HTTPError, TimeoutError):
        raise
    except Exception as error:
        raise ModelUnreadableError(type(error).__name__) from error


def declared(tool: FunctionTool) -> dict[str, Any]:
    """Return a tool as the Responses API is sent it."""
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.params_json_schema,
        "strict": tool.strict_json_schema,
    }
