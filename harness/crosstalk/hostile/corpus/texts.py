"""Texts with a meaning to some interpreter: SQL, LIKE patterns, paths, templates, Unicode."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import quote

from crosstalk.hostile.corpus.base import Context, endless, mutated
from crosstalk.hostile.inputs import JSON_BODY, HostileInput, as_json, bearer, request

TEXTS = (
    "'", "''", '"', "';--", "' OR '1'='1", "'; DROP TABLE tasks; --", "1; SELECT pg_sleep(30)",
    "' UNION SELECT * FROM tasks --", "$1", ":user_id", "%(x)s", "$$", "E'\\''", "\\", "\\\\",
    "\\%",
    "%", "%%", "%_%_%_%_%_%_%_%_%_%_%_%_%_%_%_%", "_" * 100, "%a" * 50, "[a-z]*", "(a+)+$",
    "(a|a)*" * 10, "^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 100, "{{7*7}}", "${7*7}", "#{7*7}",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
    "../../../../etc/passwd", "..%2f..%2f", "file:///etc/passwd", "|id", "`id`", "$(id)",
    "\u202eevil", "\ufeff", "\u2028", "\u0130\u0131", "\ufb01", "\U0001f468\u200d\U0001f469",
    "e\u0301" * 40, "\u0000", "\x1b[31m", "\r\nSet-Cookie: a=b", "null", "undefined", "NaN", "-0",
    "1e309", "0x7fffffffffffffff", "True", "[]", "{}", "\u200b" * 50, "A" * 255, "A" * 256,
    "app.user_id", "set_config('app.user_id', 'x', false)", "RESET ROLE", "; COMMIT; --",
    "pg_catalog.pg_authid", "\u02bc OR 1=1", "\uff07 OR 1=1", "0' || pg_sleep(30) || '",
)  # fmt: skip


def texts(context: Context, chance: random.Random) -> Iterator[HostileInput]:
    """Yield searches, filters, cursors, ids and titles that hold such texts."""
    host = context.backend_host
    for text, is_mutated in endless(TEXTS, chance):
        who = chance.choice(context.attackers)
        value = text.encode()
        if is_mutated:
            value = mutated(value, chance)
        quoted, base = quote(value, safe=""), f"/api/{who.user}"
        path = chance.choice(
            (
                f"{base}/tasks/search?q={quoted}",
                f"{base}/tasks?cursor={quoted}",
                f"{base}/tasks?status={quoted}&limit={quoted}",
                f"{base}/tasks?project_id={quoted}",
                f"{base}/tasks/{quoted}",
                f"/api/{quoted}/tasks",
                f"{base}/conversations?cursor={quoted}",
                "",
            )
        )
        headers = [bearer(who.token), JSON_BODY]
        if path:
            payload = request("GET", path, host, headers)
        else:
            title = value.decode("utf-8", "replace")
            body = as_json({"title": title, "description": title})
            payload = request("POST", f"{base}/tasks", host, headers, body)
        yield HostileInput("texts", "backend", payload, keeps=True)
