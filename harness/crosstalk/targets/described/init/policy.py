"""Guesses a policy from names of operations and arguments, and from the claims of a token.

Guesses are written as comments: a rule that is wrong would permit a leak, or name a user who is not
there. Whoever looks through the file takes in what is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crosstalk.core.identifiers import is_id_path, last_name
from crosstalk.core.object_kinds import deletes
from crosstalk.targets.described.init.toml import toml
from crosstalk.targets.described.login.values import claims_of

_ROLES = ("admin", "staff", "superuser", "moderator", "manager", "support", "owner_only", "root")
_SHARES = re.compile(r"share|invit|member|collaborat|grant|permission", re.IGNORECASE)
_ACCEPTS = re.compile(r"accept|join", re.IGNORECASE)
_ENDS = re.compile(r"unshare|revoke|leave|kick|withdraw", re.IGNORECASE)
_PEOPLE = re.compile(
    r"^(user(_?name|_?id)?|email|member(_?id)?|person|recipient|invitee|collaborator|with|target)s?$",
    re.IGNORECASE,
)
# What takes a code or the token of a link, what that argument is called, and what makes it.
_TAKES = re.compile(r"accept|join|redeem|claim|shared|copy|import|invit|open|link", re.IGNORECASE)
_CODE = re.compile(
    r"^(?:(?:share|join|invite|invitation|access)_?)?(?:code|token|link|key)$", re.IGNORECASE
)
_MAKES_CODES = re.compile(r"share|invit|link|code|publish", re.IGNORECASE)
# "A review is public", "anyone can read them", "every customer sees its stars", "by all customers".
_PUBLIC = re.compile(
    r"\b(?:is|are|a|the)\s+public(?:ly)?\b|\bpublic(?:ly)?\s+(?:list|visible|readable|available)"
    r"|\b(?:anyone|anybody|everyone|everybody|(?:every|any|all)\s+(?:\w+\s+)?[a-z]+)\s+"
    r"(?:may\s+|can\s+|could\s+)?(?:sees?|reads?|views?|browses?|looks?)\b"
    r"|\bof\s+(?:all|any)\s+(?:users|customers|members)\b|\b(?:by|from)\s+all\s+[a-z]+s\b",
    re.IGNORECASE,
)
_NOT_PUBLIC = re.compile(
    r"\bnot\s+(?:\w+\s+)?public|\bprivate\b|\bonly\b|\b(?:admins?|staff|role)\b", re.IGNORECASE
)
_TENANT_CLAIMS = re.compile(r"^(tenant|org|organi[sz]ation|team|workspace)(_?id|_?slug)?$", re.I)
_ROLE_CLAIMS = re.compile(r"^(roles?|is_?admin|permissions?|groups?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offered:
    """An operation, as the file writes it.

    Attributes:
        name: Its name.
        arguments: Names of its arguments.
        scopes: Scopes or roles that the OpenAPI document's security asks for.
        about: What its description says.
        reads: Whether it changes nothing.
    """

    name: str
    arguments: Sequence[str]
    scopes: Sequence[str] = ()
    about: str = ""
    reads: bool = False


def policy_guesses(operations: Iterable[Offered], token: str = "") -> list[str]:
    """Return lines that a person may take into the file; none where nothing looks like a policy.

    Args:
        operations: What the system offers.
        token: That was presented; its claims may name a tenant and a role.
    """
    offered = list(operations)
    lines: list[str] = []
    reserved = _reserved(offered)
    if reserved:
        lines += ["[roles]  # who has them: the system must know it, and a sign-up may not"]
        lines += [f'{role} = ["carol"]  # guess' for role in reserved]
    for role, names in reserved.items():
        said = f"operations = {toml(names)}  # guess: by name"
        lines += ["[[policy.reserve]]", f'to = ["{role}"]  # nobody else may call them', said]
        lines += [
            "[[policy.allow]]",
            f'to = ["{role}"]  # guess: and they may reach what is others\' there',
            'scope = "any"',
            'access = "change"',
            said,
        ]
    for name, said in _shown_to_all(offered):
        lines += [
            "[[policy.allow]]",
            'to = ["*"]  # fields that stay their owner\'s: [policy.fields] own = ["email"]',
            'scope = "any"',
            f"operations = {toml([name])}  # guess: its description says {toml(said)}",
        ]
    for opens, person, shared in _opening(offered):
        ends, accepts = _ending(opens, shared, offered), _accepting(opens, offered)
        lines += [
            "[[policy.share]]",
            f"opens = {toml(opens)}  # guess: by name",
            f"object = {toml(shared)}  # guess",
            f"person = {toml(person)}  # guess",
            *([f"accept = {toml(accepts)}  # guess"] if accepts else []),
            f"ends = {toml(ends)}  # guess" if ends else "# ends = [] names what takes it back",
        ]
    for opens, shared, accepts, code in _coded(offered):
        ends = _ending(opens, shared, offered)
        lines += [
            "[[policy.share]]  # whoever says the code may see it",
            f"opens = {toml(opens)}  # guess: it answers the code",
            f"object = {toml(shared)}  # guess",
            f"accept = {toml(accepts)}  # guess",
            f"code = {toml(code)}  # guess",
            *(
                [f"ends = {toml(ends)}  # guess"]
                if (ends := _ending(opens, shared, offered))
                else []
            ),
        ]
    for name, value in claims_of(token).items():
        if _TENANT_CLAIMS.match(name):
            lines.append(
                f"# the token's claim {name} is {toml(str(value))}: perhaps [tenants], and "
                f'[identity.mint] claims = {{{name} = "{{tenant}}"}}'
            )
        elif _ROLE_CLAIMS.match(name):
            lines.append(
                f"# the token's claim {name} is {toml(str(value))}: perhaps [roles], and "
                f'[identity.mint] claims = {{{name} = "{{role}}"}}'
            )
    if not lines:
        return []
    head = "# Perhaps a policy (docs/policy.md); all of it is a guess. Take in what is right:"
    return ["", head, *(each if each.startswith("#") else f"# {each}" for each in lines)]


def is_person(name: str) -> bool:
    """Tell whether an argument of a share seems to name the person that it is for."""
    return _PEOPLE.match(name) is not None


def sharing_among(operations: Iterable[Offered]) -> set[str]:
    """Return the operations that are proposed as the opening, accepting and ending of shares."""
    offered = list(operations)
    found: set[str] = set()
    for opens, _, shared in _opening(offered):
        found |= {opens, _accepting(opens, offered), *_ending(opens, shared, offered)}
    return found - {""}


def _reserved(offered: Sequence[Offered]) -> dict[str, list[str]]:
    """Return role to the operations whose names, paths or security say it."""
    found: dict[str, list[str]] = {}
    for each in offered:
        said = " ".join((re.sub(r"\{[^}]*\}", "", each.name), *each.scopes)).lower()
        words = re.findall(r"[a-z]+", said)
        role = next((role for role in _ROLES if role in words), None)
        if role is not None:
            found.setdefault(role, []).append(each.name)
    return found


def _shown_to_all(offered: Sequence[Offered]) -> list[tuple[str, str]]:
    """Return readings that show every user what all have stored, as descriptions say.

    The description of what stores there counts as well: "A review is public".
    """
    said = {e.name: match.group() for e in offered if (match := _public(e.about))}
    stored = {each.partition(" ")[2]: text for each, text in said.items() if _is_post(each)}
    found = []
    for each in offered:
        text = said.get(each.name) or stored.get(each.name.partition(" ")[2] or each.name)
        if each.reads and text:
            found.append((each.name, " ".join(text.split())))
    return found


def _public(about: str) -> re.Match[str] | None:
    return None if _NOT_PUBLIC.search(about) else _PUBLIC.search(about)


def _is_post(name: str) -> bool:
    return _method(name) == "POST"


def _opening(offered: Sequence[Offered]) -> list[tuple[str, str, str]]:
    """Return operations that seem to share, with the arguments for the person and the object."""
    found = []
    for each in offered:
        name, arguments = each.name, each.arguments
        if not _SHARES.search(name) or _ENDS.search(name) or _ACCEPTS.search(name):
            continue
        if deletes(name) or name.startswith("GET ") or _method(name) in ("DELETE", "GET"):
            continue
        person = next((one for one in arguments if _PEOPLE.match(last_name(one))), None)
        shared = next(
            (one for one in arguments if is_id_path(last_name(one)) and one != person), None
        )
        if person is not None and shared is not None:
            found.append((name, person, shared))
    return found


def _coded(offered: Sequence[Offered]) -> list[tuple[str, str, str, str]]:
    """Return operations that take a code by which something is shared, with that which makes it.

    Each as the operation that makes the code, the argument for the object, the operation that takes
    the code, and its argument.
    """
    found = []
    for taking in offered:
        code = next((one for one in taking.arguments if _CODE.match(last_name(one))), None)
        if code is None or not _TAKES.search(taking.name):
            continue
        for each in offered:
            if each is taking or each.reads or not _MAKES_CODES.search(each.name):
                continue
            if any(_PEOPLE.match(last_name(one)) or one == code for one in each.arguments):
                continue
            shared = next((one for one in each.arguments if is_id_path(last_name(one))), None)
            if shared is not None and not (deletes(each.name) or _ENDS.search(each.name)):
                found.append((each.name, shared, taking.name, code))
                break
    return found


def _ending(opens: str, shared: str, offered: Sequence[Offered]) -> list[str]:
    return [
        each.name
        for each in offered
        if each.name != opens
        and (
            _ENDS.search(each.name)
            or (
                (deletes(each.name) or _method(each.name) == "DELETE") and _SHARES.search(each.name)
            )
        )
        and any(last_name(one) == last_name(shared) for one in each.arguments)
    ]


def _accepting(opens: str, offered: Sequence[Offered]) -> str:
    if not re.search("invit", opens, re.IGNORECASE):
        return ""
    others = (each.name for each in offered if each.name != opens)
    return next((name for name in others if _ACCEPTS.search(name)), "")


def _method(name: str) -> str:
    return name.partition(" ")[0] if " " in name else ""
