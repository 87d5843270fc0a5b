"""JSON bodies: shapes that parsers and validators stumble over (RFC 8259, section 9)."""

from __future__ import annotations

import random
from collections.abc import Iterator

from crosstalk.hostile.corpus.base import Context, endless, mutated
from crosstalk.hostile.inputs import JSON_BODY, HostileInput, bearer, request

SHAPES = (
    b"", b" ", b"null", b"true", b"0", b'""', b"[]", b"{}", b"[[]]", b"{", b"}", b"[1,]", b"{,}",
    b'{"title": "x", "title": "y"}', b'{"title": "a\\u0000b"}', b'{"title": "\\ud800"}',
    b'{"title": "\\udfff\\ud800"}', b'{"title": "\xff\xfe"}', b'{"title": "\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"title": "x"}', '{"title": "x"}'.encode("utf-16"),
    '{"title": "x"}'.encode("utf-32"), b'{"title": 1e999}', b'{"title": NaN}',
    b'{"title": -Infinity}', b'{"title": ' + b"9" * 5_000 + b"}",
    b'{"title": 0.' + b"0" * 5_000 + b"1}", b'{"title": ' + b"[" * 63 + b"]" * 63 + b"}",
    b"[" * 20_000, b'{"a":' * 5_000, b'"' + b"\\" * 10_001, b"[" * 65 + b'\\"' * 5_000,
    b'{"title": "' + b"x" * 30_000 + b'"}', b'{"title": "' + b"\\u0041" * 4_000 + b'"}',
    b'{"' + b"k" * 20_000 + b'": 1}',
    b"{" + b",".join(b'"f%d": 1' % number for number in range(1_999)) + b"}",
    b"[" + b",".join([b"{}"] * 3_000) + b"]", b'{"title": {"$ne": null}}',
    b'{"__proto__": {"title": "x"}, "title": "x"}', b'{"title": "x", "user_id": "VICTIM"}',
    b'{"title": "x", "project_id": "VICTIM"}', b'{"title": "x", "due_date": "9999-99-99"}',
    b'{"title": "x", "due_date": "-000001-01-01"}', b'{"title": "x", "due_date": 1e308}',
    b'{"title": "x", "priority": ["high"]}', b'{"title": "x", "status": "done\\n"}',
    b'{"title": "x", "description": null, "extra": {"a": [1, 2, 3]}}', b'{"title": "\\uFEFF"}',
    b'{"title": "' + b"\xf0\x9f\x91\xa9\xe2\x80\x8d" * 500 + b'"}',
    b'{"message": ""}', b'{"message": 7}', b'{"message": "x", "conversation_id": "VICTIM"}',
    b"title=x&title=y",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
    b"--- !!python/object/apply:os.system ['id']", b"\x80\x04\x95",
    b"\x1f\x8b\x08\x00" + b"\x00" * 20,
)  # fmt: skip
_UNKNOWN = "00000000-0000-7000-8000-000000000000"


def json_bodies(context: Context, chance: random.Random) -> Iterator[HostileInput]:
    """Yield requests of the backend whose body is not what it says, or not what is wanted."""
    for shape, is_mutated in endless(SHAPES, chance):
        who = chance.choice(context.attackers)
        body = shape.replace(b"VICTIM", context.victim.encode())
        path = chance.choice(
            (
                f"/api/{who.user}/tasks",
                f"/api/{who.user}/projects",
                f"/api/{who.user}/tasks/complete-all",
                f"/api/{who.user}/tasks/{_UNKNOWN}",
                f"/api/{context.victim}/tasks",
            )
        )
        method = "PATCH" if path.endswith(_UNKNOWN) else "POST"
        headers = [bearer(who.token), JSON_BODY]
        sent = mutated(body, chance) if is_mutated else body
        payload = request(method, path, context.backend_host, headers, sent)
        yield HostileInput("json", "backend", payload, keeps=True)
