"""Guesses of the kinds of tools and the roles of their arguments, from their descriptions.

`crosstalk init` corrects a guess by a few calls and marks it for a person to confirm; the confirmed
file takes precedence over any guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import noun_of, singular, stem_of, without_shared_prefix
from crosstalk.surface.mcp.facts import Kind
from crosstalk.surface.nesting import Leaf, shape_of
from crosstalk.surface.operation import Role
from crosstalk.surface.schemas import is_question, names_user, role_of

# Roles that `crosstalk init` writes: a text or a value needs no saying.
TOLD_ROLES = (Role.REFERENCE, Role.NAME, Role.CURSOR, Role.QUERY, Role.KEY)
_WORDS: Mapping[str, tuple[str, ...]] = {
    "delete": ("delete", "remove", "clear", "drop", "purge", "erase", "forget", "reset", "destroy"),
    "change": (
        *("update", "edit", "change", "modify", "complete", "finish", "mark", "toggle", "move"),
        *("rename", "patch", "archive", "assign", "close", "reopen", "append", "replace", "cancel"),
        *("amend", "restore", "merge", "annotate", "extend", "undo", "redo", "revert", "correct"),
    ),
    "create": (
        *("add", "create", "new", "insert", "save", "store", "remember", "write", "put", "make"),
        *("record", "log", "send", "set", "upload", "import", "post", "submit", "draft"),
    ),
    "search": ("search", "find", "query", "lookup", "filter", "recall", "match"),
    "list": ("list", "all", "history"),
    "read": (
        *("get", "read", "show", "fetch", "view", "retrieve", "open", "describe", "count", "stats"),
        *("summary", "summarize", "export", "status", "whoami", "load", "info"),
    ),
}
# Verbs that may also be nouns or make something (`take_note`): they change what an argument names.
_ACTS = frozenset(
    {"bin", "trash", "take", "give", "lend", "borrow", "return", "hand", "pass", "fix", "swap"}
    | {"pause", "resume", "pin", "lock", "unlock", "approve", "reject", "confirm"}
)
_TOKEN = re.compile(
    r"^(?:(?:access|auth|session|bearer|user)_?)?(?:token|jwt)$|^(?:api|access|auth)_?key$"
    r"|^credential$",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"log[_-]?in|sign[_-]?in|authenticate|auth$|/tokens?$|/sessions?$", re.IGNORECASE
)
_REGISTER = re.compile(r"regist|sign[_-]?up|create_?(?:user|account)", re.IGNORECASE)
_MAKES_USERS = re.compile(r"^post .*/(?:users?|accounts?|members?)/?$")
_RENEWAL = re.compile(r"refresh(?:[_-]?token)?$|token/(?:refresh|renew)$|renew$", re.IGNORECASE)
PASSWORD = re.compile(r"passw|passphrase|\bpin\b|secret", re.IGNORECASE)
# Arguments by which a user may name an object.
_NAME = re.compile(
    r"^(?:key|name|title|slug|code|handle|path|file_?name|label|topic|\w+_name|\w+name|\w+_key)$",
    re.IGNORECASE,
)
# Arguments by which a value is recalled, and nothing is searched.
_KEY = re.compile(r"^(?:key|path|slug|code|handle|\w+_key)$", re.IGNORECASE)
# Last words of ids that the system gives out.
_GIVEN = frozenset({"code", "slug", "key", "number", "no", "ref", "reference", "handle"})
# Begins a description that is a noun phrase or a question: `Your pieces.`, `What you spent.` The
# description of a tool that acts begins with a verb.
_SHOWN = re.compile(
    r"(?:your|my|the|an?|one|all|every|what|which|how|when|where|whether|who|whose)\b"
    r"|\w+s (?:of|whose)\b",
    re.IGNORECASE,
)
# Words before a noun that do nothing with it.
_NO_VERBS = frozenset({"my", "your", "the", "a", "an", "one", "single", "full", "own", "this"})
_HARMLESS = re.compile(r"\b(?:ping|health|version|echo|help|time|date)\b", re.IGNORECASE)


def words_of(name: str) -> list[str]:
    """Split a name in snake, kebab or camel case into words in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def kinds_of(tools: Sequence[Mapping[str, Any]], identity: Sequence[str] = ()) -> dict[str, Kind]:
    """Guess the kinds of a server's tools; words that all their names begin with say nothing.

    Args:
        tools: The tools as the server lists them.
        identity: Names of arguments that name the user whose data is meant.
    """
    short = without_shared_prefix([str(tool.get("name")) for tool in tools])
    named = {str(tool.get("name")): tool for tool in tools}
    kinds = {name: kind_of({**tool, "name": short[name]}, identity) for name, tool in named.items()}
    for name in _opening(short, named, kinds, identity):
        kinds[name] = "create"
    made = {
        singular(words_of(short[name])[-1])
        for name, kind in kinds.items()
        if kind in ("create", "change", "delete") and words_of(short[name])
    }
    for name, kind in kinds.items():
        # `contacts` beside `create_contact` shows them.
        words = {singular(each) for each in words_of(short[name])}
        if kind == "other" and words and words <= made:
            kinds[name] = "read" if _needed(named[name], identity) else "list"
    return kinds


def _opening(
    short: Mapping[str, str],
    tools: Mapping[str, Mapping[str, Any]],
    kinds: Mapping[str, Kind],
    identity: Sequence[str],
) -> list[str]:
    """Return the tools that open what was not there: `open_wallet(title)` where other tools take
    a `wallet_id`, and no other makes a wallet.
    """
    taken = {
        stem_of(last_name(leaf.name)).lower()
        for tool in tools.values()
        for leaf in _needed(tool, identity)
        if last_name(leaf.name).lower() != stem_of(last_name(leaf.name)).lower()
    }
    created = {
        singular(words_of(short[name])[-1])
        for name, kind in kinds.items()
        if kind == "create" and words_of(short[name])
    }
    found = []
    for name, kind in kinds.items():
        words = words_of(short[name])
        if kind not in ("read", "search") or len(words) < 2 or words[0] != "open":
            continue
        names = {stem_of(last_name(leaf.name)).lower() for leaf in _needed(tools[name], identity)}
        noun = singular(words[-1])
        if noun in taken - created and noun not in names:
            found.append(name)
    return found


def kind_of(tool: Mapping[str, Any], identity: Sequence[str] = ()) -> Kind:
    """Guess the kind of a tool, by the first telling word of its name, then by its arguments.

    Args:
        tool: The tool as the server lists it.
        identity: Names of arguments that name the user whose data is meant.
    """
    needed = _needed(tool, identity)
    roles = {role_of(last_name(leaf.name), leaf.schema) for leaf in needed}
    words = words_of(str(tool.get("name", "")))
    found = _by_words(words)
    annotations = tool.get("annotations") or {}
    if words[:1] == ["ask"] and any(is_question(leaf.name) for leaf in needed):
        return "search"
    if _shows_by_noun(words, needed, found):
        found = "read"
    elif found is None:
        if annotations.get("readOnlyHint"):
            found = "read"
        elif annotations.get("destructiveHint") and not needed:
            found = "delete"
        else:
            description = str(tool.get("description", "")).strip()
            said, shown = words_of(description)[:4], _SHOWN.match(description)
            # "The last changes of a tree": in what begins with a noun phrase these are nouns.
            found = _by_words([each for each in said if not (shown and each.endswith("s"))])
            if found is None and _acts_on(words, needed):
                return "change"
            if found is None and shown:
                found = "read"
            if found in ("read", "list", "search") and {Role.REFERENCE, Role.TEXT} <= roles:
                # A text beside what is named is told of it, whatever the description begins with.
                found = None
    if found in ("read", "list", "search"):
        if not needed:
            return "list"
        by_key = any(_KEY.search(last_name(leaf.name)) for leaf in needed)
        searches = Role.QUERY in roles or (found == "search" and not by_key)
        return "search" if searches else "read"
    if found == "create" and Role.REFERENCE in roles:
        return "change"
    return found or "other"


def _acts_on(words: Sequence[str], needed: Sequence[Leaf]) -> bool:
    """Return whether a name begins with a verb, and an argument names what it is done to."""
    names = [last_name(leaf.name) for leaf in needed]
    roles = {role_of(name, leaf.schema) for name, leaf in zip(names, needed, strict=True)}
    nouns = {singular(each) for each in words[1:]}
    named = Role.REFERENCE in roles or any(singular(each) in nouns for each in names)
    return bool(words) and words[0] in _ACTS and named


def _shows_by_noun(words: Sequence[str], needed: Sequence[Leaf], found: Kind | None) -> bool:
    """Return whether a tool is called by what it shows: `trips()`, `trip(trip_id)`.

    `posts()` shows posts, and posts nothing. `void_expense(expense_id)` begins with a word that may
    be a verb of any kind.
    """
    if not words or found in ("read", "list", "search"):
        return False
    last = words[-1]
    if not needed:
        return singular(last) != last and _by_words(words[:-1]) is None
    names = [last_name(leaf.name) for leaf in needed]
    alone = set(words[:-1]) <= _NO_VERBS
    return (
        found is None and alone and [singular(stem_of(each)) for each in names] == [last] != names
    )


def is_identity(name: str) -> bool:
    """Tell whether an argument's name says that it names a user."""
    return names_user(last_name(name), perhaps=True)


def is_token(name: str) -> bool:
    """Tell whether an argument's name says that it carries a credential."""
    return _TOKEN.search(last_name(name)) is not None


def is_harmless(tool: Mapping[str, Any]) -> bool:
    """Tell whether a tool is about the server rather than about users' data."""
    return _HARMLESS.search(" ".join(words_of(str(tool.get("name", ""))))) is not None


def is_login(name: str) -> bool:
    """Tell whether a name, of a tool or a path, says that it logs a user in."""
    return _LOGIN.search(name.rstrip("/")) is not None


def is_renewal(name: str) -> bool:
    """Tell whether a name, of a tool or a path, says that it gives a new token for an old one."""
    return _RENEWAL.search(name.rstrip("/")) is not None


def is_registration(name: str) -> bool:
    """Tell whether a name, of a tool or a path, says that it creates an account."""
    return _REGISTER.search(name.rstrip("/")) is not None


def makes_accounts(request: str) -> bool:
    """Tell whether a request, written as method and path, creates an account."""
    return is_registration(request) or _MAKES_USERS.search(request.lower()) is not None


def login_among(tools: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Find the tool that logs a user in and takes a password, if there is one."""
    return _with_password(tools, _LOGIN)


def register_among(tools: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Find the tool that creates an account and takes a password, if there is one."""
    return _with_password(tools, _REGISTER)


def named_among(tools: Sequence[Mapping[str, Any]], kinds: Mapping[str, Kind]) -> dict[str, Role]:
    """Find arguments that name objects though no `id` is in their names, each with its role.

    A `slug` that creating and reading tools both take is a name that users choose. One that only
    tools on one object take was given out by the system.
    """
    creating: Counter[str] = Counter()
    naming: Counter[str] = Counter()
    telling: Counter[str] = Counter()
    nouns = {singular(word) for tool in tools for word in words_of(str(tool.get("name", "")))}
    given = _given_out(tools, kinds)
    made = {
        (last_name(leaf.name), singular(noun_of(str(tool.get("name", "")))))
        for tool in tools
        if kinds.get(str(tool.get("name"))) == "create"
        for leaf in _needed(tool, ())
    }
    for tool in tools:
        noun = singular(noun_of(str(tool.get("name", ""))))
        alone = len(_needed(tool, ())) == 1
        kind = kinds.get(str(tool.get("name")), "other")
        for leaf in shape_of(tool.get("inputSchema") or {}).leaves:
            name = last_name(leaf.name)
            text = leaf.schema.get("type") == "string" and "enum" not in leaf.schema
            number = leaf.schema.get("type") == "integer" and "enum" not in leaf.schema
            if not leaf.required or is_token(name):
                continue
            if kind == "create" and name not in given:
                creating[name] += 1
            elif text and _NAME.search(name):
                # `archive_project(name)` changes what `add_project(name)` made.
                changed = kind == "change" and alone and (name, noun) in made
                naming[name] += kind in ("read", "delete") or changed
            if kind in ("read", "delete", "change") and (text or number) and _tells(name, nouns):
                telling[name] += 1
    return {
        **{name: Role.REFERENCE for name in telling if not creating[name]},
        **{name: Role.NAME for name in creating if naming[name]},
    }


def _given_out(tools: Sequence[Mapping[str, Any]], kinds: Mapping[str, Kind]) -> set[str]:
    """Return arguments by which tools act on objects whose makers do not take them.

    `plan_trip(title)` makes the trips that `show_trip(slug)` shows: the system gives the slug out,
    and `add_stop(slug, place)` names a trip by it.
    """
    taking: dict[str, set[str]] = {}
    making: dict[str, list[set[str]]] = {}
    for tool in tools:
        name = str(tool.get("name", ""))
        needed = {last_name(leaf.name) for leaf in _needed(tool, ())}
        noun = singular(noun_of(name))
        kind = kinds.get(name, "other")
        if kind in ("create", "other") and needed and noun:
            making.setdefault(noun, []).append(needed)
        for each in needed if kind in ("read", "delete", "change") and noun else ():
            taking.setdefault(each, set()).add(noun)
    return {
        name
        for name, nouns in taking.items()
        if is_given(name)
        and (made := [needed for noun in nouns for needed in making.get(noun, ())])
        and not any(name in needed for needed in made)
    }


def is_given(name: str) -> bool:
    """Tell whether an argument's name is that of an id which a system gives out: `trip_slug`."""
    return any(each in _GIVEN for each in words_of(name)[-1:])


def _tells(name: str, nouns: Collection[str]) -> bool:
    """Return whether a name is that of an id: `code`, or `project_code` where tools have projects.

    A `postal_code` says where something is.
    """
    words = words_of(name)
    return (
        bool(words) and words[-1] in _GIVEN and all(singular(each) in nouns for each in words[:-1])
    )


def _needed(tool: Mapping[str, Any], identity: Sequence[str]) -> list[Leaf]:
    """Return the arguments that a call must have beside those that say who calls."""
    leaves = shape_of(tool.get("inputSchema") or {}).leaves
    return [leaf for leaf in leaves if leaf.required and not _says_who(leaf, identity)]


def _says_who(leaf: Leaf, identity: Sequence[str]) -> bool:
    name = last_name(leaf.name)
    return name in identity or leaf.name in identity or is_identity(name) or is_token(name)


def _by_words(words: Sequence[str]) -> Kind | None:
    for place, word in enumerate(words):
        for kind, telling in _WORDS.items():
            # `logs_visit` is a verb, the last word of `personal_records` a noun.
            verb = word.endswith("s") and word[:-1] in telling and place < len(words) - 1
            if word in telling or verb:
                return kind  # type: ignore[return-value]
    return None


def _with_password(
    tools: Sequence[Mapping[str, Any]], name: re.Pattern[str]
) -> Mapping[str, Any] | None:
    for tool in tools:
        leaves = shape_of(tool.get("inputSchema") or {}).leaves
        if name.search(str(tool.get("name"))) and any(
            PASSWORD.search(leaf.name) for leaf in leaves
        ):
            return tool
    return None


def unproven_comment(sentence: str) -> list[str]:
    """Return the lines of a file that say so, and what to write where it is known."""
    if not sentence:
        return []
    return [f"# {sentence}. If that is known:", '# accepted = ["unauthenticated-identity"]']


def unproven_sentence(ways: Sequence[str]) -> str:
    """Return what `init` says where no credential proves who calls.

    Args:
        ways: What names the caller, e.g. `the argument user_id`; none where nothing does.
    """
    return (
        "Any client that reaches this server can act as any user: "
        f"{' and '.join(ways) or 'nothing'} says who calls, and no credential proves it"
    )
