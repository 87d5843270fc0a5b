"""Rules: what is looked for in a line, what it means, and what to change.

The first part of each pattern is what this project's services write; the rest is what the servers
and drivers that people use with them write (uvicorn, SQLAlchemy, asyncpg, PostgreSQL, Node.js).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from crosstalk.doctor.logs.lines import LogLine
from crosstalk.doctor.report import Status

_LONGEST_GROUP = 80


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of line.

    Attributes:
        check: Name of the check under which it is reported.
        matches: Whether a line is one.
        status: Status of the check where there is one.
        found: What it means; the number of lines follows.
        change: What mends it.
        group: What of a line to count apart, e.g. a dependency's name; never a user's text.
        starting: Whether it means nothing while a service starts.
    """

    check: str
    matches: Callable[[LogLine], bool]
    status: Status
    found: str
    change: str
    group: Callable[[LogLine], str] = lambda line: ""
    starting: bool = False


def _says(pattern: str) -> Callable[[LogLine], bool]:
    looked_for = re.compile(pattern, re.IGNORECASE)
    return lambda line: looked_for.search(line.text) is not None


def _status(*wanted: int) -> Callable[[LogLine], bool]:
    return lambda line: line.status in wanted


def _part(pattern: str) -> Callable[[LogLine], str]:
    """Return what names the part of a line that a pattern's first group matches."""
    looked_for = re.compile(pattern, re.IGNORECASE)

    def part(line: LogLine) -> str:
        found = looked_for.search(line.text)
        return (found[1] if found else "")[:_LONGEST_GROUP]

    return part


def _field(*names: str) -> Callable[[LogLine], str]:
    def value(line: LogLine) -> str:
        told = (str(line.fields[each]) for each in names if each in line.fields)
        return " ".join(told)[:_LONGEST_GROUP]

    return value


def _dependency(line: LogLine) -> str:
    named = _field("dependency")(line)
    if named:
        return named
    address = re.search(
        r"(?:keys not refreshed from |ECONNREFUSED |connect to |host )(\S+)", line.text
    )
    if address:
        return address[1].strip("\"',:;")[:_LONGEST_GROUP]
    return "the MCP server" if line.text.startswith("mcp ") else ""


_CLOCKS = "synchronise the clocks of all machines (NTP); tokens allow TOKEN_LEEWAY_SECONDS"
_NOT_OURS = (
    "a client sends what is no token of a trusted issuer; where it is your own client, decode the "
    "token's header and compare `kid` and `alg` with the issuer's JWKS"
)
# Reason that a token was refused for, to what mends it.
_TOKENS = {
    "expired": "let the client get a new token before `exp`; if it does, " + _CLOCKS,
    "lies in the future": _CLOCKS,
    "audience": "the token is for another service: its `aud` is the `audience` of its issuer in "
    "TRUSTED_ISSUERS",
    "issuer not trusted": "add the issuer to TRUSTED_ISSUERS, written exactly as the token's `iss`",
    "publishes no such key": "let the issuer publish a key before it signs with it "
    "(docs/key-rotation.md)",
    "algorithm not allowed": "add the algorithm to the issuer's `algorithms`, if it is asymmetric",
}


def token_change(reason: str) -> str:
    """Return what mends that tokens are refused for a reason."""
    return next((mend for part, mend in _TOKENS.items() if part in reason), _NOT_OURS)


def is_configured_wrong(reason: str) -> bool:
    """Return whether a reason speaks of the configuration rather than of what a client sent."""
    return any(part in reason for part in ("audience", "issuer not trusted", "no such key"))


REFUSED_TOKEN = re.compile(r"token refused: ([\w .,'-]{1,80})")

RULES: tuple[Rule, ...] = (
    Rule(
        "not started",
        _says(
            r"^cannot start: |cannot be used \(|application startup failed|address already in use"
            r"|could not bind|EADDRINUSE"
        ),
        Status.FAIL,
        "a service could not start",
        "the line names the setting or the port; after a change start it again",
    ),
    Rule(
        "refused hosts",
        lambda line: line.status == 421 or _says(r"invalid host header|DisallowedHost")(line),
        Status.FAIL,
        "requests were refused because their Host is none of the service's names",
        "add the public name to MCP_ALLOWED_HOSTS (or the framework's list), and let the proxy "
        "pass the Host header on unchanged",
    ),
    Rule(
        "unreachable",
        _says(
            r"^mcp does not answer|^mcp refused|the backend does not answer|dependency not ready"
            r"|keys not refreshed from|connection refused|ECONNREFUSED|all connection attempts "
            r"failed|name or service not known|getaddrinfo|ENOTFOUND|no route to host"
        ),
        Status.FAIL,
        "another service could not be reached",
        "see that it runs and its address is right (MCP_URL, DATABASE_URL, jwks_url), and that the "
        "network lets this service reach it",
        _dependency,
        starting=True,
    ),
    Rule(
        "unauthorized",
        _says(
            r"password authentication failed|no pg_hba\.conf entry|does not accept this server's "
            r"tokens"
        ),
        Status.FAIL,
        "a service was refused by another",
        "compare the password or the key of this service with what the other one has",
        _part(r"(?:for user|user) \"(\w+)\""),
    ),
    Rule(
        "pool",
        _says(
            r"^pool exhausted|QueuePool limit of size|too many clients already|remaining connection"
            r" slots|too many connections|timeout exceeded when trying to connect"
        ),
        Status.FAIL,
        "no database connection was free",
        "(DATABASE_POOL_SIZE + DATABASE_MAX_OVERFLOW) x replicas must stay below max_connections; "
        "if it does, something holds a connection while it waits: `crosstalk deadlock`, "
        "docs/deadlock.md",
    ),
    Rule(
        "schema",
        _says(r"relation \"[^\"]+\" does not exist|UndefinedTable|UndefinedColumn|no such table"),
        Status.FAIL,
        "a table or a column does not exist",
        "run the migrations before the services start (`python -m system.store migrate`)",
    ),
    Rule(
        "failures",
        lambda line: (
            (
                line.level in ("error", "critical")
                and ("exception" in line.fields or line.text.endswith(" failed"))
            )
            or line.text.startswith("Traceback (most recent call last)")
            or line.status == 500
        ),
        Status.FAIL,
        "failures that no code expected",
        "read the lines with the same request_id; the exception's type and place are in `trace`",
        _field("exception"),
    ),
    Rule(
        "memory",
        _says(r"out of memory|MemoryError|OOMKilled|JavaScript heap out of memory|exit code 137"),
        Status.FAIL,
        "memory ran out",
        "raise the container's memory limit, or lower pools and connection limits",
    ),
    Rule(
        "private keys",
        _says(r"JWKS publishes private keys"),
        Status.FAIL,
        "an issuer publishes private keys",
        "replace those keys at once: whoever read them can sign tokens for any user",
    ),
    Rule(
        "database",
        _says(
            r"deadlock detected|could not serialize|canceling statement due to statement timeout"
        ),
        Status.WARN,
        "statements were ended by the database",
        "look for the statement in the database's log; a plan without an index is the usual reason",
    ),
    Rule(
        "bounds",
        lambda line: line.text == "bound met",
        Status.WARN,
        "a limit of connections or bytes was met",
        "if these are your own clients, raise that limit (HTTP_*); if not, it did its work",
        _field("bound"),
    ),
    Rule(
        "descriptors",
        _says(r"fewer connections than configured|too many open files|EMFILE"),
        Status.WARN,
        "the process may open too few files",
        "raise its limit of open files (LimitNOFILE, `ulimit -n`)",
    ),
    Rule(
        "unavailable",
        _status(502, 503, 504),
        Status.WARN,
        "requests were answered that the service was unavailable",
        "see `unreachable` and `pool` for the reason; none there means that it was at its limits",
        starting=True,
    ),
    Rule(
        "too many requests",
        _status(429),
        Status.WARN,
        "requests were refused by a rate limit",
        "if these are your own clients, let them wait for Retry-After, or raise the limit",
    ),
    Rule(
        "attempts",
        _says(r"^refused: |^model asked for another user"),
        Status.OK,
        "attempts to name another user were refused",
        "",
        _field("layer"),
    ),
)

STARTS = {
    "configuration": re.compile(r"^configuration$"),
    "process": re.compile(r"^Started server process|^INFO:\s+Started server process"),
    "database": re.compile(r"database system is ready to accept connections"),
    "node": re.compile(r"^\s*(?:✓|▲)?\s*(?:Ready in |Next\.js \d)"),
}
