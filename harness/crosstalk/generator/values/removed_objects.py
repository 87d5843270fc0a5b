"""Objects that their owners have removed, with what stood inside them.

A call that names one is answered as for a missing object: a comparison with a missing one
shows nothing, and an honest call is refused. What takes removed objects back wants nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from crosstalk.core.history import Call, Outcome
from crosstalk.core.object_kinds import is_of_kind, kind_named, kind_of_field
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation

# What takes a removed object back: `POST /notes/{id}/restore`, `bring_back`.
_TAKING_BACK = re.compile(
    r"(?<![a-z])(?:restore|undelete|undo|recover|unarchive|revive|untrash|bring back)(?![a-z])"
)
# Where removed objects are: `GET /trash`, `list_bin`; `POST /notes/{id}/trash` puts one there.
_PLACE = re.compile(r"(?<=[ /])(?:trash|bin|recycle bin|deleted|removed)(?![a-z])")
_PUTS_THERE = re.compile(r"\}/(?:trash|bin)$")
# A value of fewer characters may be that of objects of several kinds.
_SHORTEST = 6
# An object: its kind where its value alone does not say which it is, and the value.
_Object: TypeAlias = tuple[str, str]


@dataclass(slots=True)
class RemovedObjects:
    """Memory of one example.

    Attributes:
        of_present: Names of operations that take back by their name, and yet take what is there.
    """

    of_present: set[str] = field(default_factory=set)
    _removed: set[_Object] = field(default_factory=set)
    # Values with those that were named by the call that made them.
    _inside: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, call: Call, operation: Operation, own: Sequence[str]) -> None:
        """Note what a user's served call has removed, made inside something, or shown again.

        Args:
            call: Any call.
            operation: That was called.
            own: What its last reference can name of the caller's own.
        """
        user, answer = call.actor.user, call.answer
        if user is None or call.actor.claims != user or answer.outcome is not Outcome.OK:
            return
        named = required_references(operation)
        if removes(operation):
            # What stands inside something is named after it.
            for each in named[-1:]:
                given = call.arguments.get(each.name)
                values = [str(one) for one in (given if isinstance(given, list) else [given])]
                kind = kind_named(each.name, operation.name)
                self._removed |= {_object(kind, one) for one in values if one in own}
            return
        if takes_back(operation) and operation.name not in self.of_present:
            if not operation.reads_only:
                values = [str(call.arguments.get(each.name)).casefold() for each in named]
                gone = {each for _, each in self._removed}
                if len(named) > 1 and not any(each in gone for each in values):
                    # A revision of a page is restored while the page is there.
                    self.of_present.add(operation.name)
                self._removed -= {each for each in self._removed if each[1] in values}
            return
        if not operation.reads_only:
            around = {
                str(call.arguments[each.name]).casefold()
                for each in named
                if each.name in call.arguments
            }
            for _, value in call.paths if around else ():
                inner = value.casefold()
                if len(inner) >= _SHORTEST and inner not in around:
                    self._inside[inner] |= around
        self._shown_again(call)

    def preferred(
        self,
        values: list[str],
        parameter: str,
        operation: Operation | str,
        *,
        there: bool = False,
    ) -> list[str]:
        """Return those that are there; for what takes them back those that are not, if any is.

        Args:
            values: Of a user's objects.
            parameter: Name of the argument that takes one.
            operation: That takes it, or its name.
            there: Whether nothing is returned, rather than all of them, where none is there.
        """
        if not self._removed:
            return values
        kind = kind_named(parameter, operation if isinstance(operation, str) else operation.name)
        gone = [each for each in values if self._is_gone(kind, each)]
        name = operation if isinstance(operation, str) else operation.name
        if takes_back(operation) and name not in self.of_present:
            return gone or values
        left = [each for each in values if each not in gone]
        return left if there else left or values

    def _is_gone(self, kind: str, value: str) -> bool:
        around = self._inside.get(value.casefold(), ())
        return _object(kind, value) in self._removed or any(
            ("", each) in self._removed for each in around
        )

    def _shown_again(self, call: Call) -> None:
        """Note that an object is there: not all that a system calls a removal removes something."""
        if not self._removed:
            return
        gone = {value for _, value in self._removed}
        for path, shown in call.paths:
            value = shown.casefold()
            if value in gone:
                kind = kind_of_field(path, call.operation)
                self._removed -= {
                    each
                    for each in self._removed
                    if each[1] == value and (not each[0] or is_of_kind(kind, each[0]))
                }


def takes_back(operation: Operation | str) -> bool:
    """Return whether an operation is for removed objects, by its name."""
    name = operation if isinstance(operation, str) else operation.name
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.partition(":")[2]).replace("_", " ").lower()
    if _TAKING_BACK.search(words):
        return True
    return _PLACE.search(words) is not None and _PUTS_THERE.search(words) is None


def _object(kind: str, value: str) -> _Object:
    single = len(value) >= _SHORTEST and not value.isdigit()
    # `icez4c28` and `ICEZ4C28` are one plate, however it was given and is shown.
    return ("" if single else kind, value.casefold())
