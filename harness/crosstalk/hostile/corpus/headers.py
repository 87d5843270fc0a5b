"""Header values: well-framed requests whose fields hold what no client sends."""

from __future__ import annotations

import random
from collections.abc import Iterator

from crosstalk.hostile.corpus.base import Context, endless, mutated
from crosstalk.hostile.inputs import JSON_BODY, HostileInput, as_json, bearer, request

_NAMES = (
    "Authorization", "Content-Type", "Accept", "Idempotency-Key", "X-Request-ID", "Origin",
    "Cookie", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Range",
    "If-None-Match", "If-Modified-Since", "Content-Encoding", "Accept-Encoding",
    "Accept-Language", "Content-Language", "Referer", "User-Agent", "Mcp-Session-Id", "Mcp-Method",
    "Mcp-Name", "MCP-Protocol-Version", "Last-Event-ID", "traceparent", "tracestate", "baggage",
    "X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL", "Access-Control-Request-Method",
    "Access-Control-Request-Headers", "Sec-WebSocket-Protocol", "Via", "Proxy", "DPoP",
)  # fmt: skip
_VALUES = (
    b"", b" ", b"\t", b"a" * 7_000, b"a," * 3_000, b";" * 4_000, b"=" * 4_000, b'"' * 3_001,
    b"\\" * 4_001, b"(" * 4_000, b"\xff\xfe\xfd", b"\xc3\x28", "\u202e\u0000x".encode()[:4],
    b"*/*;q=1e999", b"text/event-stream;q=-1, application/json;q=0.0.0.0",
    b"application/json; charset=utf-7", b"application/json; charset=" + b"x" * 500,
    b"multipart/form-data; boundary=" + b"a" * 3_000, b"multipart/form-data; boundary=\"", b"a/b/c",
    b"application/x-www-form-urlencoded", b"Bearer", b"Bearer ", b"bearer a b c", b"Basic Og==",
    b"Bearer " + b"." * 6_000, b"Bearer " + b"a." * 3_000, b"null", b"undefined",
    b"[object Object]",
    b"../../../etc/passwd", b"${jndi:ldap://127.0.0.1/x}", b"{{7*7}}", b"%0d%0aSet-Cookie: a=b",
    b"' OR '1'='1", b"00-" + b"f" * 32 + b"-" + b"0" * 16 + b"-01", b"bytes=0-18446744073709551615",
    b"bytes=" + b"0-1," * 1_500, b"gzip, " * 1_000, b"http://[::1]:99999", b"null, null",
    b"2026-07-28", b"9999-99-99", b"1.0", b"tools/call", b"tools/" + b"x" * 3_000,
    b"=?utf-8?B?////?=", b"Mon, 99 Foo 0000 99:99:99 XXX", b"-1", b"99999999999999999999999",
)  # fmt: skip


def headers(context: Context, chance: random.Random) -> Iterator[HostileInput]:
    """Yield requests with one to three hostile fields, with and without a valid token."""
    backend = context.backend_host
    for value, is_mutated in endless(_VALUES, chance):
        who = chance.choice(context.attackers)
        chosen = [
            (chance.choice(_NAMES), mutated(value, chance) if is_mutated else value)
            for _ in range(chance.randint(1, 3))
        ]
        # A line end would be framing, which has a corpus of its own.
        fields: list[tuple[str, str | bytes]] = [
            (name, one.translate(None, b"\r\n\x00")) for name, one in chosen
        ]
        if chance.random() < 0.5:
            known = [bearer(who.token), JSON_BODY] if chance.random() < 0.8 else []
            path = chance.choice((f"/api/{who.user}/tasks", "/health", "/api/chat", "/chatkit"))
            method = chance.choice(("GET", "POST", "OPTIONS", "PUT", "HEAD"))
            body = as_json({"title": "headers"}) if method in ("POST", "PUT") else None
            payload = request(method, path, backend, [*known, *fields], body)
            yield HostileInput("headers", "backend", payload, keeps=method != "HEAD")
        else:
            known = [bearer(who.mcp_token), JSON_BODY] if chance.random() < 0.8 else []
            body = as_json({"jsonrpc": "2.0", "id": 1, "method": "ping"})
            payload = request("POST", context.mcp_path, context.mcp_host, [*known, *fields], body)
            yield HostileInput("headers", "mcp", payload, keeps=True)
