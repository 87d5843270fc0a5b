"""Reads the results of tools in the forms in which tools give them.

One text block a row, a JSON array in one block, JSON inside JSON, JSON with prose around it, prose
that only names an id: all become one structure in which ids stand in fields. An error may be a
flag, a member, a JSON-RPC error inside a result, or a sentence. What is found here sorts answers
for the generator and the identity oracle; no leak is ever ruled out by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Outcome
from crosstalk.surface.http.exchange import error_fields

_MAX_DEPTH = 4
# A sentence is taken for an error only where it is short enough to be nothing else.
_MAX_SENTENCE = 400
PROSE_ID = re.compile(
    r"(?:\b(?:id|uuid|key)\b\**\s*(?:is|=|:|#)?\s*[\"'`(]*|#)"
    r"(?P<id>[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[A-Za-z]*[_-]?[0-9a-fA-F]{6,}|\d+)\b",
    re.IGNORECASE,
)
# What no word is: letters, a separator and characters with a digit, or eight of both kinds, small
# but for the first, or capitals; neither a marker nor a time.
PROSE_CODE = re.compile(
    r"(?<![\w.@/:%-])(?!xt[a-z]+z[0-9a-f]{8}(?!\w))"
    r"(?:[A-Za-z]{1,8}[-_](?=[0-9A-Za-z]*\d)[0-9A-Za-z]{4,32}"
    r"|(?=[A-Z]?[a-z]*\d)(?=\d*[A-Za-z])[0-9A-Za-z][0-9a-z]{7,31}"
    r"|(?!\d{8}T\d{6})(?=[A-Z]*\d)(?=\d*[A-Z])[0-9A-Z]{8,32})(?![\w@-])"
)
# In backticks, as Markdown writes what is to be taken as it is: with a digit, or of capitals.
_QUOTED_CODE = re.compile(r"`(?!xt[a-z]+z[0-9a-f]{8}`)((?=[^`]*\d)[\w-]{4,40}|[A-Z]{6,12})`")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I)
_ERROR = re.compile(
    r"^\W*(?:error\b|failed\b|failure\b|exception\b|traceback\b|unable to\b|cannot\b|could not\b"
    r"|invalid\b|not found\b|no such\b|unauthori[sz]ed\b|forbidden\b|access denied\b"
    r"|permission denied\b|unknown\b|missing\b|bad request\b)"
    r"|\b(?:not found|does not exist|doesn't exist|validation error)\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"unauthori[sz]ed|unauthenticated|not authenticated|authentication|forbidden|access denied"
    r"|\bauthorization\s*:|\bbearer\b|\bwho (?:are you|you are)\b"
    r"|permission|not allowed|not logged in|log ?in (?:first|required)|must log ?in|please log ?in"
    r"|(?:invalid|expired|missing|bad|wrong|no|unknown|malformed|required?)[^.\n]{0,24}"
    r"(?:token|api[ _-]?key|credential|session|secret|signature|jwt)"
    r"|(?:token|api[ _-]?key|credential|session|secret|signature|jwt)[^.\n]{0,24}"
    r"(?:invalid|expired|missing|required|not valid|unknown|malformed|revoked|rejected)",
    re.IGNORECASE,
)
_MALFORMED = re.compile(
    r"validation error|invalid (?:arguments|params|input|request)|field required"
    r"|required (?:property|parameter|argument|field)|missing (?:required|\d+ required)"
    r"|is required|unknown tool|input should be",
    re.IGNORECASE,
)
_LIMITED = re.compile(r"rate[ -]?limit|too many requests|quota exceeded|\b429\b", re.IGNORECASE)
# They stand before an id, and say nothing of what it names.
_NO_KINDS = frozenset({"The", "With", "For", "And", "From", "Number", "Code", "Key", "New", "Your"})
_FAILING = frozenset({"error", "failed", "failure", "fail", "denied", "unauthorized", "forbidden"})


def content_of(result: Mapping[str, Any]) -> Any:
    """Return the content of a tool's result, decoded; structured content first."""
    blocks = [
        opened(str(block.get("text", "")))
        if isinstance(block, Mapping) and block.get("type", "text") == "text" and "text" in block
        else block
        for block in result.get("content") or ()
    ]
    structured = result.get("structuredContent")
    if structured is None:
        return blocks[0] if len(blocks) == 1 else blocks
    structured = _with_ids(_inside(structured, 0))
    whole = structured.get("result") if isinstance(structured, Mapping) else None
    # SDKs put what is not an object under `result`, and repeat it in blocks, one a row.
    repeated = (structured, whole, *(whole if isinstance(whole, list) else ()))
    other = [block for block in blocks if block not in repeated]
    if not other:
        return structured
    return {"structured": structured, "content": other}


def _with_ids(structured: Any) -> Any:
    """Return a structure that holds one text alone, as SDKs give prose, with the ids in it."""
    only = structured.get("result") if isinstance(structured, Mapping) else None
    if not isinstance(only, str) or len(structured) != 1:
        return structured
    found = _prose(only, 0)
    return {"result": found} if isinstance(found, Mapping) and "ids" in found else structured


def opened(text: str, depth: int = 0) -> Any:
    """Return the content of a text: JSON at any depth of encoding, JSON and ids within prose."""
    if depth > _MAX_DEPTH:
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _prose(text, depth)
    if isinstance(value, str):
        return opened(value, depth + 1)
    if isinstance(value, Mapping | list):
        return _inside(value, depth + 1)
    # A bare number or truth value is a sentence, not a structure.
    return text


def classified(content: Any, *, flagged: bool) -> tuple[Outcome, str | None, str | None]:
    """Return the kind of an answer, with its code and message where it is an error.

    Args:
        content: What `content_of` gave.
        flagged: Whether the server says that it is an error.
    """
    found = _error_in(content)
    if found is None and not flagged:
        return Outcome.OK, None, None
    code, message = found or error_fields(content)
    if found is None and message is None:
        message = _first_text(content)
    return _kind(code, message), code, message


def _kind(code: str | None, message: str | None) -> Outcome:
    said = f"{code or ''} {message or ''}"
    if _LIMITED.search(said):
        return Outcome.LIMITED
    if _REFUSED.search(said) or _MALFORMED.search(said):
        return Outcome.REFUSED
    return Outcome.ERROR


def error_kind(body: Any) -> tuple[Outcome, str | None, str | None]:
    """Return the same for a body that is an error for certain, such as a JSON-RPC error."""
    code, message = error_fields(body)
    return _kind(code, message), code, message


def _error_in(content: Any) -> tuple[str | None, str | None] | None:
    if isinstance(content, str):
        if len(content) <= _MAX_SENTENCE and _ERROR.search(content):
            return None, content
        return None
    if isinstance(content, list):
        return _error_in(content[0]) if len(content) == 1 else None
    if not isinstance(content, Mapping):
        return None
    for wrapper in ("result", "structured", "text"):
        if wrapper in content and len(content) <= 2:
            found = _error_in(content[wrapper])
            if found is not None:
                return found
    if content.get("error") not in (None, False, "", [], {}):
        return error_fields(content)
    status = content.get("status")
    failing = (isinstance(status, str) and status.lower() in _FAILING) or (
        isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600
    )
    if failing or any(content.get(name) is False for name in ("success", "ok")):
        code, message = error_fields(content)
        return code or (str(status) if failing else None), message
    if content.get("isError") is True:
        return error_fields(content)
    return None


def _inside(value: Any, depth: int) -> Any:
    """The same with every string opened that holds a JSON object or array."""
    if depth > 2 * _MAX_DEPTH:
        return value
    if isinstance(value, Mapping):
        return {key: _inside(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_inside(each, depth + 1) for each in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        found = opened(value, depth)
        return found if isinstance(found, Mapping | list) else value
    return value


def _prose(text: str, depth: int) -> Any:
    decoder = json.JSONDecoder()
    for match in re.finditer(r"[{\[]", text):
        try:
            value, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if value and end - match.start() > 4:
            around = f"{text[: match.start()].strip()} {text[end:].strip()}".strip()
            return {"text": around, "json": _inside(value, depth + 1)}
    found = dict.fromkeys(
        [
            *(match.group("id") for match in PROSE_ID.finditer(text)),
            *_UUID.findall(text),
            *PROSE_CODE.findall(text),
            *_QUOTED_CODE.findall(text),
        ]
    )
    ids = [{_field_of(text, each): each} for each in found]
    return {"text": text, "ids": ids} if found else text


def _field_of(text: str, identifier: str) -> str:
    """Return what an id in prose is called: by the kind before it, as in "Tree t-70e3f1"."""
    before = re.search(rf"\b([A-Z][a-z]{{2,20}}) [`'\"(]?{re.escape(identifier)}", text)
    if before is None or before.group(1).endswith("ed") or before.group(1) in _NO_KINDS:
        return "id"
    return f"{before.group(1).lower()}_id"


def _first_text(content: Any) -> str | None:
    if isinstance(content, str):
        return content[:_MAX_SENTENCE]
    if isinstance(content, list):
        return next((text for each in content if (text := _first_text(each))), None)
    if isinstance(content, Mapping):
        return _first_text(content.get("text"))
    return None
