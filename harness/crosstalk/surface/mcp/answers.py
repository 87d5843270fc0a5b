"""Makes answers of replies: as the server declares them, or as what they say suggests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.http.exchange import error_fields
from crosstalk.surface.http.json_text import loads
from crosstalk.surface.mcp.replies import classified, content_of, error_kind
from crosstalk.surface.transports.base import Reply

METHOD_NOT_FOUND = "-32601"
# Keys of `_meta` that the protocol itself gives a meaning.
_RESERVED = ("io.modelcontextprotocol/", "progressToken")


def result_of(body: Any) -> Mapping[str, Any] | None:
    """Return the result in a reply, or in the last message of several that has one."""
    if isinstance(body, list):
        body = next((each for each in reversed(body) if result_of(each) is not None), None)
    if isinstance(body, Mapping) and isinstance(body.get("result"), Mapping):
        result: Mapping[str, Any] = body["result"]
        return result
    return None


def declared_answer(reply: Reply) -> Answer:
    """Return the answer of a server that says which of its results are errors (`isError`).

    Costs a tenth of what `inferred_answer` does, which is a twelfth of a call to the reference
    system; so this is the reading for servers that are known to keep to the protocol.
    """
    result = result_of(reply.body)
    if reply.status == 429 or result is None:
        return refusal(reply)
    content = _content(result)
    outcome, code, message = Outcome.OK, None, None
    if result.get("isError"):
        outcome = Outcome.ERROR
        code, message = error_fields(content)
    return Answer(
        outcome, reply.status, content, reply.headers, code, message, _beside(reply, result)
    )


def inferred_answer(reply: Reply) -> Answer:
    """Return the answer of a server of which nothing is known: errors need not say so."""
    result = result_of(reply.body)
    headers = {name: value for name, value in reply.headers.items() if name != "mcp-session-id"}
    if reply.status == 429:
        return Answer(Outcome.LIMITED, 429, reply.body, headers, unsolicited=reply.unsolicited)
    if result is None:
        kind, code, message = error_kind(reply.body)
        body = without_number(reply.body)
        return Answer(kind, reply.status, body, headers, code, message, reply.unsolicited)
    # Hand-written servers answer with the bare value in the place of content blocks.
    bare = "content" not in result and "structuredContent" not in result
    content = content_of({"structuredContent": result} if bare else result)
    kind, code, message = classified(content, flagged=bool(result.get("isError")))
    return Answer(kind, reply.status, content, headers, code, message, _beside(reply, result))


def refusal(reply: Reply) -> Answer:
    """Return the answer where there is no result: a rate limit, or an error of HTTP or JSON-RPC."""
    if reply.status == 429:
        return Answer(
            Outcome.LIMITED, 429, reply.body, reply.headers, unsolicited=reply.unsolicited
        )
    code, message = error_fields(reply.body)
    body = without_number(reply.body)
    return Answer(
        Outcome.ERROR, reply.status, body, reply.headers, code, message, reply.unsolicited
    )


def without_number(body: Any) -> Any:
    """Return a message without its id, which is new each time and says nothing."""
    if isinstance(body, Mapping) and "jsonrpc" in body:
        return {key: value for key, value in body.items() if key not in ("jsonrpc", "id")}
    return body


def _content(result: Mapping[str, Any]) -> Any:
    blocks = [
        loads(str(block.get("text", "")))
        if isinstance(block, Mapping) and block.get("type", "text") == "text"
        else block
        for block in result.get("content") or ()
    ]
    structured = result.get("structuredContent")
    if structured is None:
        return blocks[0] if len(blocks) == 1 else blocks
    # Blocks that say something else are evidence too: a leak may be in the prose alone.
    other = [block for block in blocks if block != structured]
    if other and isinstance(structured, Mapping):
        return {
            **structured,
            "content": [*([structured["content"]] if "content" in structured else []), *other],
        }
    return [structured, *other] if other else structured


# They tell a client how long to keep an answer and who gave it, and hold no user's data.
_PROTOCOL_FIELDS = frozenset({"_meta", "resultType", "ttlMs", "cacheScope"})


def declared_result(reply: Reply) -> Answer:
    """Return the answer of any method of a server that keeps to the protocol: its result."""
    result = result_of(reply.body)
    if reply.status == 429 or result is None:
        return refusal(reply)
    return Answer(
        Outcome.OK, reply.status, _opened(result), reply.headers, unsolicited=_beside(reply, result)
    )


def inferred_result(reply: Reply) -> Answer:
    """Return the answer of any method where an error may stand in the place of contents."""
    result = result_of(reply.body)
    if reply.status == 429 or result is None:
        return inferred_answer(reply)
    body = _opened(result)
    kind, code, message = classified(_text_of(body), flagged=bool(result.get("isError")))
    headers = {name: value for name, value in reply.headers.items() if name != "mcp-session-id"}
    return Answer(kind, reply.status, body, headers, code, message, _beside(reply, result))


def _beside(reply: Reply, result: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what came beside a result: messages before it, and `_meta`, of it or of its parts.

    A server may say anything there (Model Context Protocol, base protocol, section `_meta`); the
    protocol's own keys hold no user's data.
    """
    parts = [result, *(one for each in result.values() if isinstance(each, list) for one in each)]
    told = [
        {"_meta": said}
        for each in parts
        if isinstance(each, Mapping)
        and isinstance(each.get("_meta"), Mapping)
        and (said := {k: v for k, v in each["_meta"].items() if not str(k).startswith(_RESERVED)})
    ]
    return (*reply.unsolicited, *told) if told else reply.unsolicited


def _opened(value: Any) -> Any:
    """The same with JSON read where a text holds it, as contents and messages do."""
    if isinstance(value, Mapping):
        return {
            key: loads(each) if key == "text" and isinstance(each, str) else _opened(each)
            for key, each in value.items()
            if key not in _PROTOCOL_FIELDS
        }
    return [_opened(each) for each in value] if isinstance(value, list) else value


def _text_of(body: Mapping[str, Any]) -> Any:
    """The one text of contents, in which an error may stand; None where there are several."""
    contents = body.get("contents")
    if isinstance(contents, list) and len(contents) == 1 and isinstance(contents[0], Mapping):
        return contents[0].get("text")
    return None
