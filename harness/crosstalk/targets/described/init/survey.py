"""Surveys a server's tools, by their descriptions and a few calls, to guess a target's description.

Guesses from names and schemas come first; calls correct them: a tool whose text a listing shows
afterwards does create, a listing that refuses is not a listing, an argument with the name of a
field in an answer refers to it. A few objects are stored under made-up names.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.identifiers import is_id_path, last_name, marker, strings_in
from crosstalk.core.object_kinds import noun_of, singular
from crosstalk.surface.credentials import Presented
from crosstalk.surface.mcp.facts import Kind
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.nesting import Leaf, nested, shape_of
from crosstalk.surface.operation import Role
from crosstalk.surface.schemas import names_user, role_of, says_when
from crosstalk.targets.described.guesses import (
    TOLD_ROLES,
    is_given,
    is_harmless,
    is_identity,
    is_token,
    kinds_of,
    login_among,
    named_among,
    register_among,
    words_of,
)
from crosstalk.targets.described.plain_references import SAID

_MAX_CALLS = 24
_TIMES = ("date", "date-time", "time", "duration")
# A refusal that speaks of something that is not there.
_MISSING = re.compile(
    r"no such|not[ _]found|unknown|(?:does not|doesn't|do not|don't) (?:exist|have)"
    r"|\b(?:have|has|is|are) no\b|\bno \w+ (?:named|called|with)\b|missing",
    re.IGNORECASE,
)
_SAMPLE = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}


@dataclass(frozen=True, slots=True)
class ToolGuess:
    """The guess of one tool.

    Attributes:
        kind: Its kind.
        roles: Argument by flat name to role, where it is more than a value or text.
        why: The reason of the guess.
        public: It needs no credential.
    """

    kind: Kind
    roles: Mapping[str, Role]
    why: str
    public: bool = False


@dataclass(slots=True)
class Survey:
    """The guesses of a server.

    Attributes:
        identity: Names of arguments that name the user whose data is meant.
        token_arguments: Names of arguments that carry a credential.
        login: The login tool, if there is one.
        register: The tool that creates accounts, if there is one.
        tools: Tool name to guess.
        calls: Number of calls made.
    """

    identity: list[str] = field(default_factory=list)
    token_arguments: list[str] = field(default_factory=list)
    login: Mapping[str, Any] | None = None
    register: Mapping[str, Any] | None = None
    tools: dict[str, ToolGuess] = field(default_factory=dict)
    calls: int = 0


def survey(tools: Sequence[Mapping[str, Any]], *, proven: bool = False) -> Survey:
    """Guess from names and schemas alone.

    Args:
        tools: As the server lists them.
        proven: Whether a credential was presented: then an argument such as `client` or `namespace`
            names an object more likely than the caller.
    """
    found = Survey(login=login_among(tools))
    found.register = register_among(tools) if found.login is not None else None
    accounts = [each for each in (found.login, found.register) if each is not None]
    rest = [tool for tool in tools if tool not in accounts]
    for tool in rest:
        for leaf in shape_of(tool.get("inputSchema") or {}).leaves:
            name = last_name(leaf.name)
            # Beside a credential `owner` may as well narrow a list, unless it must be said.
            claims = names_user(name) and (leaf.required or is_id_path(name))
            says_who = claims if proven else is_identity(name)
            if says_who and name not in found.identity:
                found.identity.append(name)
            if is_token(name) and name not in found.token_arguments:
                found.token_arguments.append(name)
    kinds = kinds_of(rest, found.identity)
    named = named_among(rest, kinds)
    made = {singular(noun_of(name)) for name, kind in kinds.items() if kind == "create"} - SAID
    for tool in rest:
        name = str(tool["name"])
        roles = _roles(tool, found, named)
        needed = {leaf.name for leaf in _needed(tool, found)}
        inside = any(roles.get(each) is Role.REFERENCE for each in needed)
        found.tools[name] = ToolGuess(
            # What is made inside something that exists changes that.
            "change" if inside and kinds[name] == "create" else kinds[name],
            {**roles, **_plain_references(tool, roles, made)},
            "its name and arguments",
            public=is_harmless(tool) and not _needed(tool, found),
        )
    return found


def probe(
    surface: ToolSurface,
    tools: Sequence[Mapping[str, Any]],
    found: Survey,
    presented: Presented,
) -> None:
    """Correct a survey by a few calls, made as a user who does not exist."""
    subject = f"crosstalk-probe-{secrets.token_hex(3)}"
    planted = marker("probe", secrets.randbits(32))
    by_name = {str(tool["name"]): tool for tool in tools}
    stored: dict[str, Answer] = {}
    fields: set[str] = set()

    def call(name: str) -> Answer:
        found.calls += 1
        arguments = _arguments(by_name[name], found, subject, planted)
        return surface.call_tool(name, arguments, presented)

    for name, guess in found.tools.items():
        if guess.kind == "create" and found.calls < _MAX_CALLS // 2:
            stored[name] = call(name)
            fields |= _fields(stored[name].body)
    for name, guess in list(found.tools.items()):
        if guess.kind != "list" or guess.public or found.calls >= _MAX_CALLS:
            continue
        answer = call(name)
        fields |= _fields(answer.body)
        if answer.outcome is not Outcome.OK:
            said = f"it answered {_short(answer)}"
            found.tools[name] = replace(guess, kind="read", why=f"its name, but {said}")
        elif planted in str(answer.body):
            found.tools[name] = replace(guess, why="it showed what had just been stored")
    for name, answer in stored.items():
        if answer.outcome is not Outcome.OK:
            why = f"its name, but a try was answered with {_short(answer)}"
        else:
            why = "it took what was stored"
        found.tools[name] = replace(found.tools[name], why=why)
        if answer.outcome is not Outcome.OK and _MISSING.search(_text(answer)):
            _take_for_a_change(name, by_name, found, _text(answer))
    _correct_references(by_name, found, fields)


def _take_for_a_change(
    name: str, tools: Mapping[str, Mapping[str, Any]], found: Survey, said: str
) -> None:
    """Correct a tool that was taken for a creator and missed an object: it acts on one.

    Args:
        name: Of the tool.
        tools: All tools by name.
        found: The survey.
        said: The refusal, e.g. `you have no trip 'x'`.
    """
    words = {singular(each) for each in words_of(said)}
    needed = [leaf for leaf in _needed(tools[name], found) if _may_refer(leaf)]
    chosen = next(
        (each for each in needed if is_given(last_name(each.name))),
        next((each for each in needed if singular(last_name(each.name)) in words), None),
    )
    if chosen is None:
        return
    short = last_name(chosen.name)
    guess = found.tools[name]
    found.tools[name] = replace(
        guess, kind="change", roles={**guess.roles, chosen.name: Role.REFERENCE}
    )
    for other, each in found.tools.items():
        # A name that users choose would have been taken.
        roles = {
            argument: Role.REFERENCE if last_name(argument) == short else role
            for argument, role in each.roles.items()
        }
        found.tools[other] = replace(each, roles=roles)


def _correct_references(
    tools: Mapping[str, Mapping[str, Any]], found: Survey, fields: set[str]
) -> None:
    """Take arguments named as a field of answers for references, in tools on one object."""
    for name, guess in found.tools.items():
        if guess.kind not in ("read", "change", "delete") or any(
            role in (Role.REFERENCE, Role.NAME) for role in guess.roles.values()
        ):
            continue
        needed = [leaf for leaf in _needed(tools[name], found) if _may_refer(leaf)]
        known = [leaf for leaf in needed if last_name(leaf.name) in fields]
        chosen = known[:1] or (needed if len(needed) == 1 and guess.kind != "change" else [])
        if chosen:
            found.tools[name] = replace(
                guess,
                roles={**guess.roles, chosen[0].name: Role.REFERENCE},
                why=f"{guess.why}; {last_name(chosen[0].name)} is what says which one",
            )


def _may_refer(leaf: Leaf) -> bool:
    # A week and a date are said, and no call gives them out.
    when = says_when(last_name(leaf.name)) or leaf.schema.get("format") in _TIMES
    return (
        not when and leaf.schema.get("type") in ("string", "integer") and "enum" not in leaf.schema
    )


def _roles(tool: Mapping[str, Any], found: Survey, named: Mapping[str, Role]) -> dict[str, Role]:
    roles: dict[str, Role] = {}
    for leaf in shape_of(tool.get("inputSchema") or {}).leaves:
        short = last_name(leaf.name)
        if short in found.identity or short in found.token_arguments:
            continue
        role = named.get(short) or role_of(short, leaf.schema)
        if role in TOLD_ROLES:
            roles[leaf.name] = role
    return roles


def _plain_references(
    tool: Mapping[str, Any], roles: Mapping[str, Role], made: Collection[str]
) -> dict[str, Role]:
    """Return arguments with the plain name of a kind that tools make: `box` beside `add_box`."""
    own = singular(noun_of(str(tool["name"])))
    return {
        leaf.name: Role.REFERENCE
        for leaf in shape_of(tool.get("inputSchema") or {}).leaves
        if leaf.name not in roles
        and singular(last_name(leaf.name)) in set(made) - {own}
        and _may_refer(leaf)
    }


def _needed(tool: Mapping[str, Any], found: Survey) -> list[Leaf]:
    return [
        leaf
        for leaf in shape_of(tool.get("inputSchema") or {}).leaves
        if leaf.required and last_name(leaf.name) not in (*found.identity, *found.token_arguments)
    ]


def _arguments(
    tool: Mapping[str, Any], found: Survey, subject: str, planted: str
) -> dict[str, Any]:
    shape = shape_of(tool.get("inputSchema") or {})
    values: dict[str, Any] = {}
    for leaf in shape.leaves:
        short = last_name(leaf.name)
        if short in found.identity:
            values[leaf.name] = subject
        elif leaf.required:
            values[leaf.name] = _sample(leaf, planted)
    return nested(values, {leaf.name: leaf.path for leaf in shape.leaves}, shape.containers)


def _sample(leaf: Leaf, planted: str) -> Any:
    if "enum" in leaf.schema:
        return leaf.schema["enum"][0]
    if "const" in leaf.schema:
        return leaf.schema["const"]
    kind = str(leaf.schema.get("type", "string"))
    if kind in ("integer", "number"):
        return leaf.schema.get("minimum", _SAMPLE[kind])
    if leaf.schema.get("format") == "date":
        return "2030-01-01"
    if leaf.schema.get("format") == "date-time":
        return "2030-01-01T00:00:00Z"
    return _SAMPLE.get(kind, f"note {planted}")


def _fields(body: Any) -> set[str]:
    """Collect the names of fields anywhere in an answer."""
    if isinstance(body, Mapping):
        inner = (_fields(each) for each in body.values())
        return {str(key) for key in body}.union(*inner) if body else set()
    if isinstance(body, list):
        return set().union(*(_fields(each) for each in body)) if body else set()
    return set()


def _text(answer: Answer) -> str:
    return str(answer.message or answer.code or next(iter(strings_in(answer.body)), "nothing"))


def _short(answer: Answer) -> str:
    return repr(" ".join(_text(answer).split())[:80])
