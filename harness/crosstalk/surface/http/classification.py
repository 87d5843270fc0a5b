"""Outcomes of HTTP responses: served, limited, or an error with its code and message."""

from __future__ import annotations

from dataclasses import replace

import httpx2

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.http.event_stream import (
    LAST_EVENT_FIELD,
    event_ids,
    failure_of,
    is_stream,
    stream_body,
)
from crosstalk.surface.http.exchange import clean_headers, decode, error_fields


def answer_of(response: httpx2.Response) -> Answer:
    """Return the answer; an event stream that ends with a failure is an error with any status."""
    streamed, headers = is_stream(response), clean_headers(response)
    body, other = stream_body(response.content) if streamed else (decode(response), ())
    linked = {LAST_EVENT_FIELD: ids} if (ids := event_ids(other)) else {}
    answer = Answer(
        Outcome.OK, response.status_code, body, headers, unsolicited=other, linked=linked
    )
    if response.status_code == 429:
        return replace(answer, outcome=Outcome.LIMITED)
    failure = failure_of(body) if streamed else None
    if response.is_success and failure is None:
        return answer
    code, message = error_fields(failure or body)
    return replace(answer, outcome=Outcome.ERROR, code=code, message=message)
