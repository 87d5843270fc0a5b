"""Base of the corpora: who attacks and where, and mutations of bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from crosstalk.hostile.inputs import Attacker, HostileInput

_T = TypeVar("_T")
# Bytes that parsers look for.
_TELLING = (
    b"\x00", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\t", b" ", b":", b";", b",", b"=", b"%00",
    b"%", b"\\", b'"', b"'", b"{", b"}", b"[", b"]", b"\xff", b"\xc0\x80", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"-1", b"0", b"99999999999999999999", b"1e999",
    b"chunked", b"null", b"NaN", b"../", b"\\u0000", b"\\ud800",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """Addresses and users of an attack.

    Attributes:
        backend_host: `host:port` of the backend.
        mcp_host: `host:port` of the MCP server.
        mcp_path: Path of its endpoint.
        attackers: Users with tokens.
        victim: Subject of the user who is attacked.
    """

    backend_host: str
    mcp_host: str
    mcp_path: str
    attackers: Sequence[Attacker]
    victim: str


Corpus = Callable[[Context, random.Random], Iterator[HostileInput]]


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """Return bytes with one to four mutations: a piece replaced, inserted, left out, repeated."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((1, 1, 2, 4, 16)))
        kind = chance.randrange(5)
        if kind == 0:
            data[start:end] = chance.choice(_TELLING)
        elif kind == 1:
            data[start:start] = chance.choice(_TELLING) * chance.choice((1, 1, 2, 64))
        elif kind == 2:
            del data[start:end]
        elif kind == 3:
            data[start:start] = data[start:end] * chance.choice((1, 3, 200))
        elif data:
            place = min(start, len(data) - 1)
            data[place] ^= 1 << chance.randrange(8)
    return bytes(data)


def endless(items: Sequence[_T], chance: random.Random) -> Iterator[tuple[_T, bool]]:
    """Yield every item once as it is, then any of them, each with whether to mutate it."""
    for each in items:
        yield each, False
    while True:
        yield chance.choice(items), chance.random() < 0.8
