"""Response headers by what they can show of anybody's data.

Names are in lower case. Headers that differ between any two answers are left out where answers are
compared; a validator shows whether something changed and is compared as that.
"""

from __future__ import annotations

from collections.abc import Mapping

# Header to the reason why it shows nothing.
VOLATILE: Mapping[str, str] = {
    "date": "the time of the answer (RFC 9110, section 6.6.1)",
    "age": "how long a cache has held the answer (RFC 9111, section 5.1)",
    "x-request-id": "made up for each request",
    "x-correlation-id": "made up for each request",
    "request-id": "made up for each request",
    "x-amzn-requestid": "made up for each request",
    "x-amzn-trace-id": "made up for each request",
    "cf-ray": "made up for each request",
    "traceparent": "made up for each request (W3C Trace Context)",
    "tracestate": "made up for each request (W3C Trace Context)",
    "x-trace-id": "made up for each request",
    "server-timing": "how long the answer took (W3C Server Timing)",
    "x-response-time": "how long the answer took",
    "x-runtime": "how long the answer took",
    "x-process-time": "how long the answer took",
    "content-length": "follows from the body, which is compared with its ids masked",
    "mcp-session-id": "made up for each session",
    "report-to": "carries a time and a random part",
    "nel": "says where a browser reports network errors",
}

# Validators of RFC 9110, section 8.8.
VALIDATORS = frozenset({"etag", "last-modified"})
