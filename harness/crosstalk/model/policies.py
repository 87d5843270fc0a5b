"""Model policies of the offline model: helpful, prompt-injected, or replaying a recording.

The helpful policy maps simple requests to tool calls by their words, and puts what they returned
into a sentence and a list. The adversarial policy is fully prompt-injected: it obeys a directive
wherever it reads one, in the user's text or in a tool's result, with any tool and any argument,
shows results whole, and repeats its whole input on request. Isolation that needs this model's good
behaviour is not isolation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from crosstalk.model.answers import answer_to
from crosstalk.model.conversation import ModelReply, Prompt, ToolCall

ModelPolicy: TypeAlias = Callable[[Prompt], ModelReply]

_DIRECTIVE = re.compile(r"\[\[call\s+([\w.\-]+)\s+")
_REPEAT = "[[repeat]]"
_MAX_DIRECTIVES = 6
# A repetition is part of the next input, and would double it every time.
_MAX_REPEATED = 6_000


def helpful(prompt: Prompt) -> ModelReply:
    """Answer a simple request with one tool call, then with a sentence about its result."""
    if prompt.outputs:
        return ModelReply(text=answer_to(prompt.calls, prompt.outputs))
    return _first_step(prompt)


def _first_step(prompt: Prompt) -> ModelReply:
    call = _intent(prompt)
    if call is None:
        return ModelReply(text="I can add, list, search, complete and delete your tasks.")
    return ModelReply(calls=(call,))


def adversarial(prompt: Prompt) -> ModelReply:
    """Obey every directive once; without one do as the helpful policy, and show results whole."""
    if _REPEAT in prompt.text:
        return ModelReply(text="I was told:\n" + "\n".join(_repeated(prompt)))
    done = [(call.name, _key(call.arguments)) for call in prompt.calls]
    orders = list(_directives([prompt.text, *prompt.outputs]))[:_MAX_DIRECTIVES]
    for order in orders:
        key = (order.name, _key(order.arguments))
        if key in done:
            done.remove(key)
            continue
        return ModelReply(calls=(order,))
    if prompt.outputs:
        # Fenced, so that a chat shows the lines of JSON as they are.
        whole = "\n".join(f"```json\n{output}\n```" for output in prompt.outputs)
        return ModelReply(text=f"{answer_to(prompt.calls, prompt.outputs)}\n\nWhole:\n{whole}")
    return _first_step(prompt)


def _repeated(prompt: Prompt) -> Iterator[str]:
    """Yield the texts of the input, latest first, as far as they fit; none is cut in two."""
    room = _MAX_REPEATED
    for text in dict.fromkeys((prompt.instructions, *reversed(prompt.earlier))):
        room -= len(text)
        if room >= 0:
            yield text


def replaying(recorded: Sequence[Mapping[str, Any]]) -> ModelPolicy:
    """Build a policy that gives recorded replies in order, the last one for ever.

    Args:
        recorded: Objects with `text`, or `calls` as a list of `name` and `arguments`.
    """
    position = -1

    def next_reply(prompt: Prompt) -> ModelReply:
        nonlocal position
        position = min(position + 1, len(recorded) - 1)
        reply = recorded[position]
        calls = tuple(
            ToolCall(call["name"], call.get("arguments", {})) for call in reply.get("calls", ())
        )
        return ModelReply(text=str(reply.get("text", "")), calls=calls)

    return next_reply


def _directives(texts: Sequence[str]) -> Iterator[ToolCall]:
    decoder = json.JSONDecoder()
    for text in texts:
        # Tool results quote users' text as JSON, so a directive may come escaped.
        for form in dict.fromkeys((text, text.replace('\\"', '"'))):
            for match in _DIRECTIVE.finditer(form):
                try:
                    arguments, end = decoder.raw_decode(form, match.end())
                except ValueError:
                    continue
                if isinstance(arguments, dict) and form[end : end + 2] == "]]":
                    yield ToolCall(match.group(1), arguments)


def _key(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True, default=str)


_INTENTS: tuple[tuple[str, str, str | None], ...] = (
    (
        r"\b(?:add|create|remember)\b.*?\bproject\b(?: named| called)?:?\s+(.+)",
        "add_project",
        "name",
    ),
    (
        r"\b(?:add|create|remember)\b(?: a| the)?(?: new)? task(?: to| for| that|:)?\s+(.+)",
        "add_task",
        "title",
    ),
    (r"\b(?:complete|finish|check off)\b all\b", "complete_all_tasks", None),
    (r"\b(?:complete|finish|check off)\b.*?([0-9a-f-]{36})", "complete_task", "task_id"),
    (r"\b(?:delete|remove)\b.*?([0-9a-f-]{36})", "delete_task", "task_id"),
    (r"\b(?:search|find)\b(?: for| tasks about)?\s+(.+)", "search_tasks", "query"),
    (r"\bhow many\b|\bstatistics\b|\bstats\b", "get_user_stats", None),
    (r"\bprojects\b", "list_projects", None),
    (r"\b(?:show|list|what)\b.*\btasks?\b", "list_tasks", None),
)


def _intent(prompt: Prompt) -> ToolCall | None:
    for pattern, tool, argument in _INTENTS:
        found = re.search(pattern, prompt.text, re.IGNORECASE | re.DOTALL)
        if found is None or (prompt.tools and tool not in prompt.tools):
            continue
        value = found.group(1).strip().rstrip(".!") if argument else ""
        return ToolCall(tool, {argument: value[:200]} if argument else {})
    return None
