"""HTTP framing: request lines, lengths, chunks and line ends that parsers read differently.

After RFC 9112 (sections 3, 6, 7, 11.2), and the published collections of request smuggling.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from crosstalk.hostile.corpus.base import Context, endless, mutated
from crosstalk.hostile.inputs import HostileInput

_LINES = (
    b"GET /health HTTP/1.1", b"GET /health HTTP/1.0", b"GET /health", b"GET  /health  HTTP/1.1",
    b"get /health HTTP/1.1", b"GET /health HTTP/9.9", b"GET /health HTTP/1.1 x",
    b"GET http://other.example/health HTTP/1.1", b"GET //health HTTP/1.1",
    b"GET /%00 HTTP/1.1", b"GET /\xff\xfe HTTP/1.1", b"GET /../../etc/passwd HTTP/1.1",
    b"GET /api/%2e%2e/tasks HTTP/1.1", b"GET /health?%zz=%&a[]=1 HTTP/1.1",
    b"GET /api/" + b"a" * 8_000 + b"/tasks HTTP/1.1", b"GET /?" + b"a=b&" * 2_000 + b" HTTP/1.1",
    b"CONNECT 127.0.0.1:5432 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"TRACE / HTTP/1.1",
    b"PRI * HTTP/2.0", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\x00" * 64, b"", b"\r\n\r\n",
    b"G\x00T /health HTTP/1.1", b"A" * 4_000 + b" / HTTP/1.1", b"GET\t/health\tHTTP/1.1",
)  # fmt: skip
_FIELDS = (
    b"Host: HOST",
    b"Host: HOST\r\nHost: other.example",
    b"Host: HOST\r\nContent-Length: 5\r\nContent-Length: 6",
    b"Host: HOST\r\nContent-Length: 5, 5",
    b"Host: HOST\r\nContent-Length: -1",
    b"Host: HOST\r\nContent-Length: +5",
    b"Host: HOST\r\nContent-Length: 0x5",
    b"Host: HOST\r\nContent-Length: 99999999999999999999",
    b"Host: HOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
    b"Host: HOST\r\nTransfer-Encoding: chunked",
    b"Host: HOST\r\nTransfer-Encoding : chunked",
    b"Host: HOST\r\nTransfer-Encoding: xchunked",
    b"Host: HOST\r\nTransfer-Encoding: chunked, identity",
    b"Host: HOST\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip",
    b"Host: HOST\r\n folded: value",
    b"Host: HOST\r\nX: a\r\n\tb",
    b"Host: HOST\r\nX : a",
    b"Host: HOST\r\n: nameless",
    b"Host: HOST\r\nX-\xff: a",
    b"Host: HOST\r\nX: a\x00b",
    b"Host: HOST\nX: bare line feed",
    b"Host: HOST\rX: bare carriage return",
    b"Host: HOST\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
    b"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Host: HOST\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA",
    b"Host: HOST\r\nExpect: 100-continue\r\nContent-Length: 5",
    b"Host: HOST\r\nExpect: teapot",
    b"Host: HOST\r\nConnection: close, close, keep-alive, te",
    b"",
    b"Host:",
    b"Host: HOST@other.example",
    b"Host: HOST\r\n" + b"\r\n".join(b"X-%d: y" % number for number in range(150)),
)
_BODIES = (
    b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"5;ext=%s\r\nhello\r\n0\r\n\r\n" % (b"a" * 3_000),
    b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: HOST\r\n\r\n", b"FFFFFFFFFFFFFFFFF\r\n",
    b"-5\r\nhello\r\n0\r\n\r\n", b"5\nhello\n0\n\n", b"5\r\nhello0\r\n\r\n", b"zz\r\n",
    b"5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\nHost: other\r\n\r\n",
    b"1\r\na\r\n" * 300 + b"0\r\n\r\n", b"0" * 2_000 + b"5\r\nhello\r\n0\r\n\r\n",
)  # fmt: skip


def framing(context: Context, chance: random.Random) -> Iterator[HostileInput]:
    """Yield requests whose framing is wrong or unusual; the connection's sending half is closed."""
    for line, is_mutated in endless(_LINES, chance):
        service = chance.choice(("backend", "mcp"))
        host = context.backend_host if service == "backend" else context.mcp_host
        fields, body = chance.choice(_FIELDS), chance.choice(_BODIES)
        head = line.replace(b"GET", chance.choice((b"GET", b"POST", b"DELETE")))
        payload = b"\r\n".join((head, fields, b"", body)).replace(b"HOST", host.encode())
        yield HostileInput("framing", service, mutated(payload, chance) if is_mutated else payload)
