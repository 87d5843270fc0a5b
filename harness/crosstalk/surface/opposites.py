"""Operations that undo what another one does to the same object: `unarchive`, `reopen`, `resume`.

What undoes something is refused, or does nothing, for an object to which it was not done before: a
check of whose it is shows nothing then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crosstalk.surface.capabilities import first_word, removes, required_references
from crosstalk.surface.operation import Operation

# A word to those that it undoes; what begins with `un`, `de` or `dis` undoes the rest of itself.
_UNDOES = {
    "activate": ("deactivate", "disable", "archive"),
    "allow": ("block", "deny"),
    "enable": ("disable",),
    "finish": ("start", "begin"),
    "open": ("close", "lock"),
    "reactivate": ("deactivate", "cancel", "disable"),
    "reinstate": ("cancel", "suspend", "revoke"),
    "reopen": ("close", "complete", "finish", "resolve", "done"),
    "restart": ("stop", "pause"),
    "restore": ("archive",),
    "resume": ("pause", "suspend", "hold"),
    "return": ("borrow", "lend", "checkout", "rent"),
    "show": ("hide",),
    "stop": ("start", "begin"),
    "withdraw": ("submit",),
}
# Words of changes that are possible whatever was done to the object before.
EDITS = frozenset({"edit", "update", "change", "rename", "modify", "set", "replace", "patch"})
_EDITING = re.compile(r"(?:PATCH|PUT|DELETE) ")
_PREFIXES = ("un", "de", "dis")
_SHORTEST = 3


def is_step(operation: Operation) -> bool:
    """Return whether an operation may be a step in an object's life, which another comes before:
    one that neither edits nor removes it.
    """
    return not (operation.reads_only or edits(operation) or removes(operation))


def edits(operation: Operation) -> bool:
    """Return whether an operation changes what there is by what it is given."""
    plain = operation.name.partition(":")[2]
    return _EDITING.match(plain) is not None or first_word(operation.name) in EDITS


def undone_by(operation: Operation, operations: Iterable[Operation]) -> Operation | None:
    """Return what an operation undoes, of those that name one object by the same argument."""
    named = required_references(operation)
    if operation.reads_only or len(named) != 1:
        return None
    word = first_word(operation.name).replace("-", "").replace("_", "")
    undone = set(_UNDOES.get(word, ()))
    undone |= {
        word.removeprefix(each)
        for each in _PREFIXES
        if word.startswith(each) and len(word) >= len(each) + _SHORTEST
    }
    if not undone:
        return None
    for each in operations:
        same = [one.name for one in required_references(each)] == [named[0].name]
        alike = same and each.surface == operation.surface and not each.reads_only
        if alike and first_word(each.name) in undone:
            return each
    return None
