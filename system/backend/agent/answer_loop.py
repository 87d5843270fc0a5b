"""Answers by the Responses API: ask the model, call its tools, ask again.

The agents SDK does the same for the older API. Around a reply it takes more than all else in a turn
(docs/performance.md): for queues of events that are not read, for approvals, guardrails and states
to go on from that are not used. The requests are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from agents import FunctionTool, MaxTurnsExceeded, ModelBehaviorError
from agents.items import TResponseInputItem
from openai.types.responses import Response, ResponseFunctionToolCall

from system.backend.agent.bridge import BoundTools
from system.backend.agent.harmless import harmless_reply
from system.backend.agent.model import PlainOpenAI, declared, readable, reading
from system.backend.agent.spending import note_usage
from system.backend.agent.toolbox import Toolbox, called

# Events that end a reply which is no answer.
_FAILURES = frozenset({"response.failed", "response.incomplete", "error", "response.error"})


class AnswerLoop:
    """Makes answers, of replies that are read as they come or whole.

    Args:
        client: Asks the model.
        model: Its name.
        instructions: What the model is told first.
        toolbox: Shows the tools.
        max_tokens: That one reply may have.
        max_turns: Replies of one answer.
        calls_at_once: Tool calls of one reply that are under way at once.
    """

    def __init__(
        self,
        client: PlainOpenAI,
        model: str,
        instructions: str,
        toolbox: Toolbox,
        *,
        max_tokens: int,
        max_turns: int,
        calls_at_once: int,
    ) -> None:
        self._client = client
        self._asked = {
            "model": model,
            "instructions": instructions,
            "include": [],
            "max_output_tokens": max_tokens,
        }
        self._toolbox = toolbox
        self._max_turns = max_turns
        self._calls_at_once = calls_at_once

    async def answer(
        self,
        tools: BoundTools,
        conversation: Sequence[TResponseInputItem],
        emit: Callable[[str], None],
        *,
        watched: bool = False,
    ) -> None:
        """Answer the last message of a conversation.

        Args:
            tools: The user's.
            conversation: What was said, as the model is sent it.
            emit: Receives the text of each message: as it comes where it is watched, and otherwise
                when its reply is complete.
            watched: Whether a client reads the answer as it comes.

        Raises:
            AgentsException: The model did not finish, or goes on calling tools.
            ModelUnreadableError: Its reply cannot be read.
            OpenAIError: It did not reply.
            Unavailable: The tools cannot be listed.
        """
        said: list[Any] = list(conversation)
        voice = _Voice(emit)
        for _ in range(self._max_turns):
            shown = await self._toolbox.of(tools)
            reply = await (self._watched if watched else self._whole)(said, shown, voice)
            calls = [each for each in reply.output if each.type == "function_call"]
            if not calls:
                return
            said += [each.model_dump(exclude_unset=True) for each in reply.output]
            said += await self._results(calls, {tool.name for tool in shown}, tools)
        raise MaxTurnsExceeded(f"no answer within {self._max_turns} turns")

    def _request(self, said: list[Any], shown: Sequence[FunctionTool]) -> Mapping[str, Any]:
        return {**self._asked, "input": said, "tools": [declared(tool) for tool in shown]}

    async def _whole(
        self, said: list[Any], shown: Sequence[FunctionTool], voice: _Voice
    ) -> Response:
        with reading():
            reply = harmless_reply(await self._client.whole_reply(self._request(said, shown)))
        _completed(reply)
        for text in texts(reply):
            voice.begin()
            voice.say(text)
        return reply

    async def _watched(
        self, said: list[Any], shown: Sequence[FunctionTool], voice: _Voice
    ) -> Response:
        reply: Response | None = None
        before = voice.said
        sent = self._client.reply_events(self._request(said, shown))
        async with aclosing(sent), aclosing(readable(sent)) as events:
            async for event in events:
                if (
                    event.type == "response.output_text.delta"
                    or event.type == "response.refusal.delta"
                ):
                    voice.say(event.delta)
                elif event.type == "response.output_item.added":
                    # What follows is another message of the same answer.
                    voice.begin()
                elif event.type == "response.completed":
                    reply = _completed(event.response)
                elif event.type in _FAILURES:
                    raise ModelBehaviorError(f"the model's server sent {event.type}")
        if reply is None:
            raise ModelBehaviorError("the reply has no end")
        if voice.said == before:
            for text in texts(reply):
                voice.begin()
                voice.say(text)
        return reply

    async def _results(
        self, calls: Sequence[ResponseFunctionToolCall], names: set[str], tools: BoundTools
    ) -> list[dict[str, str]]:
        """Make the calls of one reply; what the model is told of each."""
        room = asyncio.Semaphore(self._calls_at_once)

        async def result(call: ResponseFunctionToolCall) -> dict[str, str]:
            if call.name in names:
                async with room:
                    output = await called(tools, call.name, call.arguments)
            else:
                output = f"Tool '{call.name}' not found."
            return {"call_id": call.call_id, "output": output, "type": "function_call_output"}

        if len(calls) == 1:
            return [await result(calls[0])]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(result(call)) for call in calls]
        return [task.result() for task in tasks]


class _Voice:
    """Emits the texts of an answer's messages, with a space between two of them."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self._between = ""
        self.said = 0

    def begin(self) -> None:
        """Begin another message."""
        self._between = "\n\n" if self.said else ""

    def say(self, text: str) -> None:
        """Emit the next piece of the message."""
        self._emit(self._between + text)
        self._between = ""
        self.said += 1


def _completed(reply: Response) -> Response:
    """Count what a reply used, and return it.

    Raises:
        ModelBehaviorError: It is not complete.
    """
    note_usage(reply.usage.total_tokens if reply.usage is not None else None)
    if reply.status in ("failed", "incomplete"):
        raise ModelBehaviorError(f"the reply is {reply.status}")
    return reply


def texts(response: Response) -> Iterator[str]:
    """Return the texts of a whole reply's messages."""
    for item in response.output:
        if item.type != "message":
            continue
        said = "".join(
            each.text if each.type == "output_text" else each.refusal for each in item.content
        )
        if said:
            yield said
