"""Response headers by what they can show of a user's data.

Names are in lower case. Headers that differ between any two answers are left out where answers are
compared; a validator shows whether something changed and is compared as that.
"""

from __future__ import annotations

from collections.abc import Mapping

# Headers that hold a point in time to the second (RFC 9110, section 8.8.2; RFC 9111, section 5.3).
TIMED = frozenset({"last-modified", "expires"})
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
    "x-envoy-upstream-service-time": "how long the answer took",
    "x-served-by": "which replica answered",
    "x-timer": "how long the answer took",
    "vary": "how caches keep answers apart (RFC 9110, section 12.5.5)",
    "via": "which proxies passed it on (RFC 9110, section 7.6.3)",
    "connection": "belongs to the connection (RFC 9110, section 7.6.1)",
    "keep-alive": "belongs to the connection",
    "transfer-encoding": "belongs to the connection",
    "mcp-session-id": "made up for each session",
    "report-to": "carries a time and a random part",
    "nel": "says where a browser reports network errors",
}

# Validators of RFC 9110, section 8.8.
VALIDATORS = frozenset({"etag", "last-modified"})

# They count what the caller did before, so that the second of two answers says less.
_COUNTING = ("ratelimit", "x-ratelimit", "x-rate-limit", "retry-after")


def shows(name: str) -> bool:
    """Return whether a header can tell two answers to one caller, one after the other, apart."""
    return name not in VOLATILE and not name.startswith(_COUNTING)
