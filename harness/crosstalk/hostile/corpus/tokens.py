"""Bearer tokens for the parsers of tokens; `crosstalk forgeries` has those for the verifier."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

from crosstalk.hostile.corpus.base import Context, endless, mutated
from crosstalk.hostile.inputs import HostileInput, as_json, bearer, request


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


_HEADERS = (
    b"", b"{}", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"alg": null}', b'{"alg": "none"}',
    b'{"alg": "EdDSA"}', b'{"alg": "EdDSA", "kid": 7}',
    b'{"alg": "EdDSA", "kid": "' + b"k" * 3_000 + b'"}',
    b'{"alg": "EdDSA", "kid": "../../etc/passwd"}', b'{"alg": "HS256", "kid": "x"}',
    b'{"alg": "EdDSA", "alg": "none"}', b'{"alg": ["EdDSA"]}', b'{"alg": "EdDSA", "crit": ["x"]}',
    b'{"alg": "EdDSA", "jku": "http://127.0.0.1:9/"}', b'{"alg": "EdDSA", "zip": "DEF"}',
    b'{"a":' * 1_500, b"[" * 4_000, b'{"alg": "EdDSA", "kid": "\\ud800"}', b'{"alg": 1e999}',
)  # fmt: skip
_CLAIMS = (
    b"{}", b"null", b"[]", b'{"sub": 7}', b'{"sub": "VICTIM"}', b'{"sub": null, "exp": "soon"}',
    b'{"exp": 1e308}', b'{"exp": -1}', b'{"exp": 99999999999999999999}', b'{"aud": [[]]}',
    b'{"iss": {"a": 1}}', b'{"sub": "' + b"s" * 4_000 + b'"}', b'{"sub": "\\u0000"}', b"[" * 4_000,
)  # fmt: skip
_WHOLE = ("", ".", "..", "...", "a.b.c", "a" * 6_000, "." * 6_000, "a.b.c.d.e", "=.=.=")


def tokens(context: Context, chance: random.Random) -> Iterator[HostileInput]:
    """Yield requests with such a token, at both services."""
    for header, is_mutated in endless(_HEADERS, chance):
        who = chance.choice(context.attackers)
        service = chance.choice(("backend", "mcp"))
        genuine = who.token if service == "backend" else who.mcp_token
        if chance.random() < 0.35:
            # Another signature is no longer the genuine token, whatever else is left of it.
            head, claims, _ = genuine.split(".")
            token = f"{head}.{claims}.{_part(chance.randbytes(64))}"
        elif chance.random() < 0.2:
            token = chance.choice(_WHOLE)
        else:
            claims_bytes = chance.choice(_CLAIMS).replace(b"VICTIM", context.victim.encode())
            raw = mutated(header, chance) if is_mutated else header
            token = ".".join((_part(raw), _part(claims_bytes), _part(chance.randbytes(64))))
        field = bearer(token)
        encoded = [(field[0], field[1].encode("latin-1", "replace"))]
        if service == "backend":
            payload = request("GET", f"/api/{who.user}/stats", context.backend_host, encoded)
        else:
            body = as_json({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
            payload = request("POST", context.mcp_path, context.mcp_host, encoded, body)
        yield HostileInput("tokens", service, payload, keeps=True)
