"""The assistant: an OpenAI Agents SDK agent over one user's tools.

It is given the conversation and the bound tools, and nothing else: no user id, no other user's
memory, no database connection. Tracing is off, because traces would send users' text elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import httpx2
from agents import (
    Agent,
    AgentsException,
    ModelSettings,
    RunConfig,
    RunContextWrapper,
    Runner,
    RunResultStreaming,
    Tool,
    ToolExecutionConfig,
    set_tracing_disabled,
)
from agents.items import TResponseInputItem
from openai import OpenAIError
from pydantic import ValidationError

from system.backend.agent.admission import Admission
from system.backend.agent.answer_loop import AnswerLoop
from system.backend.agent.bounded_answers import BoundedAnswers
from system.backend.agent.bridge import BoundTools
from system.backend.agent.http_client import ServiceTransport
from system.backend.agent.model import (
    ModelUnreadableError,
    PlainChatCompletionsModel,
    PlainOpenAI,
)
from system.backend.agent.spending import MeteredRequests, ModelBudget, note_usage
from system.backend.agent.toolbox import Toolbox
from system.backend.settings import BackendSettings
from system.errors import Unavailable
from system.observe.metrics import agents_in_flight
from system.observe.tracing import span
from system.store.schemas import MessageRole, MessageView

set_tracing_disabled(True)

_INSTRUCTIONS = (
    "You help one person with their tasks and projects. Use the tools to read and change them; "
    "they work on this person's data only. Say briefly what you did."
)
# Failures of the model's server: away, wrong or too slow. Any other error is a bug.
_MODEL_FAILURES = (
    OpenAIError,
    AgentsException,
    ModelUnreadableError,
    httpx2.HTTPError,
    TimeoutError,
    json.JSONDecodeError,
    ValidationError,
)
# Characters of a conversation that the model is sent, the latest messages first.
_MOST_HISTORY = 100_000
# As many agents can run at once by default.
_CONNECTIONS = 1_000
_log = logging.getLogger(__name__)


@dataclass
class _BoundAgent(Agent[BoundTools]):
    """An agent whose tools are those that its run is bound to.

    They come from the MCP server, and the SDK asks for them as such: what stands in `tools` it goes
    through once more for each turn, to tell agents apart.
    """

    toolbox: Toolbox = field(default_factory=Toolbox)

    async def get_mcp_tools(self, run_context: RunContextWrapper[BoundTools]) -> list[Tool]:
        """The tools as the model is shown them."""
        return [*await self.toolbox.of(run_context.context)]


class Assistant:
    """Runs the agent; holds the shared client to the model.

    Args:
        settings: Which model, how many turns, how long.
    """

    def __init__(self, settings: BackendSettings) -> None:
        key = settings.openai_api_key
        self._client = PlainOpenAI(
            api_key=key.get_secret_value() if key else "not-set",
            base_url=settings.openai_base_url,
            timeout=settings.agent_timeout_seconds,
            max_retries=1,
            http_client=httpx2.AsyncClient(
                transport=MeteredRequests(
                    BoundedAnswers(ServiceTransport(max_connections=_CONNECTIONS))
                ),
                timeout=settings.agent_timeout_seconds,
            ),
        )
        self._configured = key is not None
        self._max_turns = settings.agent_max_turns
        self._timeout = settings.agent_timeout_seconds
        self._budget = ModelBudget(
            settings.agent_max_sent_bytes,
            settings.agent_max_tokens,
            settings.model_tokens_per_user_per_day,
        )
        # Both know no user, and are made once: to make them took a twentieth of a chat.
        self._agent = _BoundAgent(
            name="assistant",
            instructions=_INSTRUCTIONS,
            model=PlainChatCompletionsModel(
                model=settings.openai_model, openai_client=self._client
            ),
            model_settings=ModelSettings(max_tokens=settings.agent_max_output_tokens),
        )
        # The older API is the SDK's alone.
        self._loop = (
            AnswerLoop(
                self._client,
                settings.openai_model,
                _INSTRUCTIONS,
                self._agent.toolbox,
                max_tokens=settings.agent_max_output_tokens,
                max_turns=settings.agent_max_turns,
                calls_at_once=settings.tool_calls_per_user,
            )
            if settings.openai_api == "responses"
            else None
        )
        self._run_config = RunConfig(
            tracing_disabled=True,
            tool_not_found_behavior="return_error_to_model",
            # More would only wait for their turn, and to begin a hundred takes the processor for
            # as long as a hundred take.
            tool_execution=ToolExecutionConfig(
                max_function_tool_concurrency=settings.tool_calls_per_user
            ),
        )
        self._admission = Admission(
            settings.agent_max_running,
            settings.agent_min_running,
            patience=settings.agent_wait_seconds,
        )

    async def answer(
        self,
        history: Sequence[MessageView],
        tools: BoundTools,
        emit: Callable[[str], None],
        *,
        watched: bool = True,
    ) -> None:
        """Answer the last message of a conversation, piece by piece, when it is its turn.

        When this returns or raises, nothing of the run is left: no task, no open request.

        Args:
            history: The conversation, oldest first, the user's new message last.
            tools: The user's tools.
            emit: Receives the answer's text as it comes; together the pieces are the answer.
            watched: Whether a client reads it as it comes; otherwise replies are asked for whole.

        Raises:
            RateLimited: The user has used up the day's tokens.
            Unavailable: The model cannot be reached, did not finish, or would take too much.
        """
        if not self._configured:
            raise Unavailable("the assistant is not configured: OPENAI_API_KEY is not set")
        with self._budget.answer(tools.user_id):
            async with self._admission.turn(tools.user_id):
                await self._answer(history, tools, emit, watched)

    async def _answer(
        self,
        history: Sequence[MessageView],
        tools: BoundTools,
        emit: Callable[[str], None],
        watched: bool,
    ) -> None:
        loop = self._loop
        run = self._run if loop is None else partial(loop.answer, watched=watched)
        try:
            with agents_in_flight.track_inprogress(), span("agent"):
                async with asyncio.timeout(self._timeout):
                    await run(tools, _conversation(history), emit)
        except _MODEL_FAILURES as error:
            _log.warning("agent did not finish", extra={"error": type(error).__name__})
            raise Unavailable("the assistant did not answer", retry_after=5) from None

    async def _run(
        self,
        tools: BoundTools,
        conversation: list[TResponseInputItem],
        emit: Callable[[str], None],
    ) -> None:
        result = Runner.run_streamed(
            self._agent,
            conversation,
            context=tools,
            max_turns=self._max_turns,
            run_config=self._run_config,
        )
        try:
            await _listen(result, emit)
        finally:
            await _end(result)

    async def aclose(self) -> None:
        """Close the connections to the model."""
        await self._admission.aclose()
        await self._client.close()


async def _listen(result: RunResultStreaming, emit: Callable[[str], None]) -> None:
    emitted = False
    between = ""

    def say(text: str) -> None:
        nonlocal emitted, between
        emit(between + text)
        emitted, between = True, ""

    async for event in result.stream_events():
        if event.type != "raw_response_event":
            continue
        data = event.data
        if data.type == "response.completed":
            usage = data.response.usage
            note_usage(usage.total_tokens if usage is not None else None)
        if data.type == "response.output_item.added":
            # What follows is another message of the same answer.
            between = "\n\n" if emitted else ""
        if data.type == "response.output_text.delta" or data.type == "response.refusal.delta":
            say(data.delta)
    if not emitted and result.final_output:
        emit(str(result.final_output))


async def _end(result: RunResultStreaming) -> None:
    """Leave nothing of a run behind: the SDK cancels its task, and does not wait for it."""
    task = result.run_loop_task
    if task is None or task.done():
        return
    result.cancel()
    await asyncio.wait({task})


def _conversation(history: Sequence[MessageView]) -> list[TResponseInputItem]:
    items: list[TResponseInputItem] = []
    for each in _latest(history):
        if each.role is MessageRole.USER:
            items.append({"role": "user", "content": each.content})
        else:
            note = "\n[the person stopped this answer here]" if each.interrupted else ""
            items.append({"role": "assistant", "content": each.content + note})
    return items


def _latest(history: Sequence[MessageView]) -> Sequence[MessageView]:
    """Return the end of a conversation, as many messages as have room; the last one always."""
    room = _MOST_HISTORY
    for place in range(len(history) - 1, -1, -1):
        room -= len(history[place].content)
        if room < 0:
            return history[min(place + 1, len(history) - 1) :]
    return history
