"""Answers that no client reads as they come: ask the model, call its tools, ask again.

The agents SDK does the same for answers that are watched. Around a whole reply it takes several
times what the rest of a turn takes (docs/performance.md): for queues of events that are not read,
for approvals, guardrails and states to go on from that are not used. The requests are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from agents import FunctionTool, MaxTurnsExceeded, ModelBehaviorError
from agents.items import TResponseInputItem
from openai.types.responses import Response, ResponseFunctionToolCall

from system.backend.agent.bridge import BoundTools
from system.backend.agent.harmless import harmless_reply
from system.backend.agent.model import PlainOpenAI, declared, reading
from system.backend.agent.spending import note_usage
from system.backend.agent.toolbox import Toolbox, called


class WholeAnswers:
    """Makes answers of whole replies.

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
    ) -> None:
        """Answer the last message of a conversation.

        Args:
            tools: The user's.
            conversation: What was said, as the model is sent it.
            emit: Receives the text of each message when its reply is complete.

        Raises:
            AgentsException: The model did not finish, or goes on calling tools.
            ModelUnreadableError: Its reply cannot be read.
            OpenAIError: It did not reply.
            Unavailable: The tools cannot be listed.
        """
        said: list[Any] = list(conversation)
        between = ""
        for _ in range(self._max_turns):
            shown = await self._toolbox.of(tools)
            reply = await self._reply(said, shown)
            for text in texts(reply):
                emit(between + text)
                between = "\n\n"
            calls = [each for each in reply.output if each.type == "function_call"]
            if not calls:
                return
            said += [each.model_dump(exclude_unset=True) for each in reply.output]
            said += await self._results(calls, {tool.name for tool in shown}, tools)
        raise MaxTurnsExceeded(f"no answer within {self._max_turns} turns")

    async def _reply(self, said: list[Any], shown: Sequence[FunctionTool]) -> Response:
        asked = {**self._asked, "input": said, "tools": [declared(tool) for tool in shown]}
        with reading():
            reply = harmless_reply(await self._client.whole_reply(asked))
        note_usage(reply.usage.total_tokens if reply.usage is not None else None)
        if reply.status in ("failed", "incomplete"):
            raise ModelBehaviorError(f"the reply is {reply.status}")
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
