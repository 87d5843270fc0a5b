"""Kinds of objects, read off the names of fields, arguments and operations.

Ids are compared with ids of their own kind only: `task_id` takes what stood under `task.id` or came
from an operation on tasks, and order 3 is not item 3.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from crosstalk.core.identifiers import last_name

CURSOR_FIELD = re.compile(
    r"cursor|page_?token|^after$|^next$|^next_?(?:token|page|key)$|^continuation|^bookmark$",
    re.IGNORECASE,
)
# They hold objects and do not say of what kind.
CONTAINERS = frozenset(
    {"content", "data", "edges", "entries", "events", "ids", "items", "linked", "list", "node"}
    | {"nodes"}
    | {"objects", "records", "result", "results", "rows", "structuredcontent", "value", "values"}
)
_VERBS = frozenset(
    {"get", "post", "patch", "put", "delete", "add", "create", "make", "list", "read", "show"}
    | {"search", "find", "update", "change", "edit", "complete", "finish", "remove", "all", "bulk"}
    | {"by", "id", "as", "events", "me", "mine", "my", "own"}
    | {"tool", "tools", "api", "mcp", "v", "action", "endpoint"}
    | {"copy", "duplicate", "clone", "submit", "restore", "archive", "unarchive", "publish"}
    | {"rename", "reopen", "cancel"}
)
# What is stored below `/events`, and what stands below one object, is an event.
_OF_EVENTS = re.compile(r"(?:POST \S*|GET \S*\})/events$")
# Names of which a shared beginning may be by chance.
_FEW = 3
_WORDS_OF_A_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DELETING = frozenset(
    {"delete", "remove", "clear", "drop", "purge", "erase", "forget", "reset", "destroy"}
)
_LOGOUT = re.compile(r"(?<![a-z])(?:log|sign)[_-]?(?:out|off)(?![a-z])", re.IGNORECASE)
# Nouns whose plural no rule of spelling gives.
_IRREGULAR: Mapping[str, str] = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "mice": "mouse",
    "feet": "foot",
    "teeth": "tooth",
    "geese": "goose",
    "indices": "index",
    "vertices": "vertex",
    "matrices": "matrix",
    "criteria": "criterion",
    "media": "medium",
    "analyses": "analysis",
    "diagnoses": "diagnosis",
    "theses": "thesis",
    "hypotheses": "hypothesis",
    "quizzes": "quiz",
    "leaves": "leaf",
    "shelves": "shelf",
    "knives": "knife",
    "lives": "life",
    "wives": "wife",
    "halves": "half",
    "heroes": "hero",
    "potatoes": "potato",
    "tomatoes": "tomato",
    "echoes": "echo",
    "menus": "menu",
}
# Singular nouns, and nouns without a plural, that end as a plural does.
_NOT_PLURAL = ("ss", "us", "is", "gas", "canvas", "atlas", "alias", "bias", "news", "series")
_IN_IE = (
    "movies",
    "cookies",
    "calories",
    "zombies",
    "selfies",
    "hoodies",
    "rookies",
)
# So short that other words end with them: `localities`, `copies`.
_IN_IE_ALONE = ("pies", "ties")
_IN_CHE = ("caches", "niches", "headaches", "avalanches")
_IN_USE = ("houses", "causes", "clauses", "pauses", "spouses", "excuses", "fuses", "reuses")
# Fields that may identify an object to its system, the likeliest first.
IDENTIFYING_FIELDS = (
    *("id", "uuid", "slug", "code", "key", "ref", "reference", "handle", "number", "no"),
    *("name", "label", "title"),
)
# Kinds of what a history shows, and arguments by which two of them are compared.
VERSIONS = frozenset({"revision", "version", "history", "snapshot", "checkpoint", "rev"})
_COMPARED = frozenset({"old", "new", "from", "to", "left", "right", "base", "head", "before"})
_COMPARING = frozenset({"compare", "diff", "difference"})
# An argument of these names says which other object of the kind one stands to.
_RELATION = re.compile(
    r"^(?:parent|reply_?to|in_?reply_?to|depends_?on|blocked_?by|blocks|stacked_?on|linked_?to"
    r"|related_?to|duplicate_?of|copy_?of|copied_?from|based_?on|follows|precedes|supersedes"
    r"|replaces|continues|merge_?into|move_?to|belongs_?to|part_?of|child_?of|derived_?from"
    r"|forked_?from|ancestor|predecessor|successor)$",
    re.IGNORECASE,
)
# What one of several objects of a kind is to the call: one to keep and one to drop.
_PARTS = frozenset(
    {
        "keep",
        "drop",
        "source",
        "src",
        "target",
        "dest",
        "destination",
        "from",
        "to",
        "into",
        "other",
    }
    | {"first", "second", "primary", "secondary", "duplicate", "survivor", "winner", "loser"}
    | {"original", "merged", "merge", "kept", "dropped", "with", "against", "versus", "vs"}
)
# A change whose address ends with a collection and a word in the singular.
_DONE_BELOW = re.compile(
    r"\b(?:POST|PUT|PATCH|DELETE) \S*?(?<![a-z0-9])([a-z]+(?<!s)s)/[a-z_-]*[a-rt-z]$", re.IGNORECASE
)
# `/trips/{id}/merge`
_ACT = re.compile(r"/([^/{}]+)/\{[^/{}]*\}/([a-z]+)$")
_CALLED = re.compile(r"([a-z]\w*?)(?:_name|_title|_label|Name|Title|Label)")
_NUMBERED = re.compile(r"([a-z]\w*?)(?:_(?:number|no|code|ref|slug)|Number|No|Code|Ref|Slug)")
_ID_SUFFIX = re.compile(r"(_?(?:u?u?id|key|uri)s?|Ids?)$")


def noun_of(operation: str) -> str:
    """Return what an operation is about: the last word of its name that is not a verb.

    What is done below a collection, as `POST /incidents/merge`, is about it, whatever it is called.
    """
    if done := _DONE_BELOW.search(operation):
        return done.group(1).lower()
    if _OF_EVENTS.search(operation):
        return "events"
    plain = re.sub(r"\{[^}]*\}", "", operation.split(":", 1)[-1].split(" as ")[0])
    words = [word.lower() for word in _WORD.findall(plain)]
    return next((word for word in reversed(words) if word not in _VERBS), "")


def thing_of(operation: str) -> str:
    """Return what an operation is about, whether it names one or many."""
    return noun_of(operation).removesuffix("s")


def without_shared_prefix(names: Collection[str]) -> dict[str, str]:
    """Return each name without the words that all of them begin with.

    `acme_add_item` beside `acme_list_items` is `add_item`: the prefix says whose server it is, and
    nothing of what an operation does. It stays where hardly any verb would be left, as in
    `list_notes` beside `list_tasks`.
    """
    words = {name: _WORDS_OF_A_NAME.findall(name) for name in names}
    shortest = min(map(len, words.values()), default=0)
    shared = 0
    while shared < shortest - 1 and len({each[shared].lower() for each in words.values()}) == 1:
        shared += 1
    left = {name: "_".join(each[shared:]) for name, each in words.items()}
    verbs = _VERBS | _DELETING
    with_verb = [each for each in left.values() if verbs & set(each.lower().split("_"))]
    if len(names) < _FEW or not shared or 2 * len(with_verb) <= len(names):
        return {name: name for name in names}
    return left


def deletes(operation: str) -> bool:
    """Return whether an operation deletes something, by its name or its HTTP method."""
    words = _WORD.findall(operation.split(":", 1)[-1].split("{")[0])
    return any(word.lower() in _DELETING for word in words)


def ends_session(operation: str) -> bool:
    """Return whether an operation logs its caller out, by its name."""
    return _LOGOUT.search(operation.split(":", 1)[-1]) is not None


def has_own_id(found: Iterable[tuple[str, str]]) -> bool:
    """Return whether an answer is an object with an id of its own (see `kind_of_field`).

    Args:
        found: Paths of its texts, each with the text.
    """
    return any(path == "id" for path, _ in found)


def kind_of_field(path: str, operation: str, *, has_id: bool = False) -> str:
    """Return the kind of object that an id in an answer names; empty where nothing says it.

    Args:
        path: Where the id stands, e.g. `items.0.task_id`; `items.0.id` is an id of the items.
        operation: The operation that answered; it names the kind where the path does not.
        has_id: Whether the answer is an object with an id of its own: its lists are then of
            something else than the operation is about.
    """
    *holders, field = [part for part in path.split(".") if not part.isdigit()] or [""]
    stem = stem_of(field)
    if stem:
        return singular(stem)
    named = [each for each in holders if each.lower() not in CONTAINERS]
    inner = holders[holders.index(named[-1]) + 1 :] if named else []
    if inner and singular(named[-1]) == named[-1].lower() and _lists(path):
        # The entries of one object's list are no such objects: `thread.items.data.0.id`.
        return singular(inner[0])
    if named:
        return singular(named[-1])
    return singular(holders[0] if holders and has_id else noun_of(operation))


def _lists(path: str) -> bool:
    """Return whether a value stands in an entry of a list."""
    return any(part.isdigit() for part in path.split("."))


def kind_of_argument(name: str, operation: str) -> str:
    """Return the kind of object that an argument names; `params.task_ids[]` takes a `task`.

    An `{id}` in an address is one of the collection before it: in `/trips/{id}/start` of a trip. So
    is what else is named there by no kind, as the `into` of `/trips/{id}/merge`.
    """
    stem = without_part(stem_of(last_name(name)))
    found = stem or _collection_before(name, operation) or _acted_on(operation)
    return singular(found or noun_of(operation))


def _acted_on(operation: str) -> str:
    """Return the collection of which an address ends in one entry and what is done with it."""
    found = _ACT.search(operation)
    return found.group(1) if found and singular(found.group(2)) == found.group(2) else ""


def without_part(stem: str) -> str:
    """Return a name without what says which of several it is: `wallet` of `from_wallet`.

    Nothing is left of `keep`: it is one of what the operation is about.
    """
    words = re.split(r"_|(?<=[a-z])(?=[A-Z])", stem)
    left = [each for each in words if each.lower() not in _PARTS]
    return "_".join(left) if len(left) < len(words) else stem


def part_of(name: str) -> str:
    """Return the word by which a name says which of several objects of a kind it is: `other` of
    `other_project_id`; empty where it says none.
    """
    words = re.split(r"_|(?<=[a-z])(?=[A-Z])", last_name(name))
    return next((each.lower() for each in words if each.lower() in _PARTS), "")


def kind_named(name: str, operation: str) -> str:
    """Return the kind of object that an argument names by what its system calls it.

    As `kind_of_argument`, but a `{number}` in `/claims/{number}/lines` is that of a claim, as is a
    `claim_number`.
    """
    if compares_versions(name, operation):
        return "revision"
    if last_name(name).lower() not in IDENTIFYING_FIELDS:
        numbered = _NUMBERED.fullmatch(last_name(name))
        if numbered is None:
            return kind_of_argument(name, operation)
        if stem := without_part(numbered.group(1)):
            return singular(stem)
        # The `other_number` of `/snags/{number}/duplicate` is that of a snag as well.
        field = last_name(name)[numbered.end(1) :].lstrip("_").lower()
        beside = _collection_before(field, operation)
        return singular(beside or _acted_on(operation) or noun_of(operation))
    return singular(_collection_before(name, operation) or noun_of(operation))


def kind_before(name: str, operation: str) -> str:
    """Return the kind that an address tells of a variable in it: `plan` of `/plan/{meal_id}`; empty
    for what stands in no address.
    """
    return singular(_collection_before(name, operation))


def compares_versions(name: str, operation: str) -> bool:
    """Return whether an argument names one of two versions: `old` and `new` of a comparison."""
    words = {each.lower() for each in _WORD.findall(operation.split(":", 1)[-1])}
    return last_name(name).lower() in _COMPARED and bool(words & _COMPARING)


def called_kind(name: str) -> str:
    """Return the kind of what an argument calls by its name: `project` of `project_name`; else an
    empty text.
    """
    found = _CALLED.fullmatch(last_name(name))
    return singular(found.group(1)) if found else ""


def is_relation(name: str) -> bool:
    """Return whether an argument says to which other object of the kind one stands: `parent`."""
    return _RELATION.match(stem_of(last_name(name))) is not None


def is_of_kind(have: str, wanted: str) -> bool:
    """Return whether an id of one kind may do where another is wanted.

    `subtask` ids may do where a `task` is wanted; a history shows versions by any name.
    """
    if not wanted:
        return False
    among = VERSIONS if wanted in VERSIONS else {wanted}
    return any(each in have for each in among)


def _collection_before(name: str, operation: str) -> str:
    """Return the noun that stands in an address before a variable; empty where none does."""
    before, variable, _ = operation.partition(f"{{{name}}}")
    if not variable:
        return ""
    address = before.split(":", 1)[-1].rpartition(" ")[2]
    plain = re.sub(r"\{[^}]*\}", "", address)
    words = [each.lower() for each in _WORD.findall(plain)]
    return next((each for each in reversed(words) if each not in _VERBS), "")


def is_plain(name: str) -> bool:
    """Return whether an argument's name is that of a kind, with nothing of an id: `hive`."""
    short = last_name(name).lower()
    return stem_of(short) == short and short not in IDENTIFYING_FIELDS


def stem_of(name: str) -> str:
    """Return the name of an id without what says that it is one; `task_id` is `task`."""
    return _ID_SUFFIX.sub("", name)


def singular(words: str | Sequence[str]) -> str:
    """Return a noun in lower case and singular, by the rules of English spelling.

    A plural and its singular give the same word; what is not known as either stays as it is.
    """
    return _singular(str(words).lower())


@lru_cache(maxsize=4_096)
def _singular(word: str) -> str:
    for plural, one in _IRREGULAR.items():
        if word in (plural, one) or word.endswith((f"_{plural}", f"-{plural}")):
            return word[: len(word) - len(plural)] + one if word.endswith(plural) else one
    if not word.endswith("s") or word.endswith(_NOT_PLURAL):
        return word
    if word.endswith("ies") and len(word) > 4:
        in_ie = word.endswith(_IN_IE) or re.split(r"[_-]", word)[-1] in _IN_IE_ALONE
        return word[:-1] if in_ie else f"{word[:-3]}y"
    if word.endswith("ches"):
        return word[:-1] if word.endswith(_IN_CHE) else word[:-2]
    if word.endswith("uses"):
        return word[:-1] if word.endswith(_IN_USE) else word[:-2]
    if word.endswith(("sses", "shes", "xes", "zzes")):
        return word[:-2]
    return word[:-1]
