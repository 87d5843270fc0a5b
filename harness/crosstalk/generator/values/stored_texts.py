"""Texts that users have stored, by the argument that held them.

A reading looks for one of them, and learns by which argument's texts it finds anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crosstalk.core.history import Answer, Call, Outcome
from crosstalk.core.identifiers import identifiers_in, is_code_path, is_id_path, last_name
from crosstalk.core.object_kinds import thing_of
from crosstalk.generator.values.field_lessons import FieldLessons
from crosstalk.oracles.base import is_empty
from crosstalk.surface.operation import Operation, Parameter, Role

# Longer texts are no filter's values.
_LONGEST_SHOWN = 40


class StoredTexts:
    """Texts and passwords of one example, by the user who gave them.

    Args:
        lessons: What was learnt about the fields that arguments take.
    """

    def __init__(self, lessons: FieldLessons) -> None:
        self._lessons = lessons
        # Each with the argument that held it and the operation.
        self._texts: defaultdict[str, dict[tuple[str, str, str], None]] = defaultdict(dict)
        self._passwords: dict[str, str] = {}
        # What a text was stored with: values by the names of arguments, None where none was given.
        self._beside: dict[str, dict[str, Any]] = {}
        # Ids of objects to what was stored in them.
        self._inside: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def keep_beside(self, call: Call, operation: Operation) -> None:
        """Keep with which values the texts of a call were stored, e.g. in which language."""
        values = {
            last_name(each.name): call.arguments.get(each.name)
            for each in operation.parameters
            if each.role is Role.VALUE
        }
        for each in operation.parameters if values else ():
            given = call.arguments.get(each.name)
            if each.role is Role.TEXT and isinstance(given, str):
                self._beside[given] = values

    def keep_inside(self, call: Call, operation: Operation) -> None:
        """Keep in which objects the texts of a call are: in those that it named, and in what it
        made.
        """
        given = [(each, call.arguments.get(each.name)) for each in operation.parameters]
        texts = [text for each, text in given if each.role is Role.TEXT and isinstance(text, str)]
        named = [str(value) for each, value in given if each.refers and value is not None]
        made = [value for path, value in call.paths if is_id_path(path) or is_code_path(path)]
        for each in {*named, *made} if texts else ():
            self._inside[each].update(dict.fromkeys(texts))

    def inside(self, objects: Sequence[str]) -> list[str]:
        """Return the texts that are in all of these objects of which any is known, oldest first.

        Args:
            objects: Ids, that of the innermost first: its texts are returned if all have none.
        """
        known = [self._inside[each] for each in objects if each in self._inside]
        both = [text for text in known[0] if all(text in each for each in known)] if known else []
        return both or [text for each in known[:1] for text in each]

    def stored_beside(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values with which a text among arguments was stored, if it was."""
        texts = (each for each in arguments.values() if isinstance(each, str))
        return next((self._beside[each] for each in texts if each in self._beside), {})

    def keep(self, user: str, parameter: Parameter, text: str, operation: str) -> None:
        """Keep a text that a user stored."""
        self._texts[user][last_name(parameter.name), text, operation] = None

    def keep_shown(self, name: str, text: str) -> None:
        """Keep what an answer showed under a name, e.g. `open` as the `status`: any user's own
        words are left out.
        """
        if text and len(text) <= _LONGEST_SHOWN and not identifiers_in(text):
            self._lessons.shown[name][text] += 1

    def shown_as(self, user: str, name: str) -> list[str]:
        """Return what answers showed under a name, most often first, then what `user` has stored
        under it.
        """
        shown = [text for text, _ in self._lessons.shown[name].most_common()]
        return list(dict.fromkeys([*shown, *reversed(self.of(user, name))]))

    def names_user(self, parameter: Parameter) -> bool:
        """Return whether answers name users under the name of an argument."""
        return last_name(parameter.name) in self._lessons.subject_fields

    def learn_search(self, call: Call, operation: Operation, *, found: bool) -> None:
        """Note by which stored texts a reading finds something.

        Narrowed by a value it may find nothing for that alone.
        """
        user = call.actor.user
        narrowed = any(
            each.role is Role.VALUE and not each.required and each.name in call.arguments
            for each in operation.parameters
        )
        for parameter in operation.parameters if operation.reads_only and user else ():
            text = call.arguments.get(parameter.name)
            if parameter.role is Role.TEXT and isinstance(text, str):
                # A word that all texts hold was stored as nothing in particular; another user's
                # words tell nothing of one's own.
                common = [] if identifiers_in(text) or (narrowed and not found) else [""]
                for each in self._kept_by(str(user), text) or common:
                    self._lessons.learn_search(operation.name, each, found=found)

    def search_order(self, user: str, operation: str, name: str) -> list[str]:
        """Return places whose texts a reading may look for, the likeliest first.

        An empty one stands for a word that is in all texts, another for the name of an argument.
        What was stored under the reading's own name comes before the others, by each operation for
        itself (`title rest:POST /jobs`): jobs and pages have titles, and jobs alone are looked for.

        Args:
            user: Who stored them.
            operation: The reading.
            name: Of its argument.
        """
        stored = self.stored_as(user)
        same = [_place(name, by) for by in self._storing(user, name, thing_of(operation))]
        others = [each for each in stored if each != name]
        first = same or others[:1]
        return self._lessons.search_order(operation, [*first, "", *others])

    def at(self, user: str, place: str, operation: str) -> list[str]:
        """Return the texts of a place in the order in which a reading looks for them, oldest first.

        Args:
            user: Who stored them.
            place: One of `search_order`.
            operation: The reading.
        """
        name, _, by = place.partition(" ")
        if not by:
            return self.about(user, name, operation)
        return [text for argument, text, op in self._texts[user] if (argument, op) == (name, by)]

    def _storing(self, user: str, name: str, thing: str) -> list[str]:
        """Return the operations by which a user has stored a text of a name, of a kind first."""
        found = dict.fromkeys(by for argument, _, by in self._texts[user] if argument == name)
        return sorted(found, key=lambda each: thing_of(each) != thing)

    def _kept_by(self, user: str, text: str) -> list[str]:
        """Return the places at which a user has stored a text: by its argument, and by both."""
        kept = [(argument, by) for argument, stored, by in self._texts[user] if stored == text]
        both = [_place(argument, by) for argument, by in kept]
        return list(dict.fromkeys([*(argument for argument, _ in kept), *both]))

    def about(self, user: str, name: str, operation: str) -> list[str]:
        """Return what `of` does, and only what was stored of the kind that an operation is about.

        A search among tasks finds no project; all texts, where none was stored of that kind.
        """
        wanted = thing_of(operation)
        found = [
            text
            for argument, text, by in self._texts[user]
            if argument == name and thing_of(by) == wanted
        ]
        return found or self.of(user, name)

    def of(self, user: str, name: str, *, other_than: str = "") -> list[str]:
        """Return texts that `user` has stored as an argument of that name, oldest first.

        Args:
            user: Whose they are.
            name: Of the argument.
            other_than: Name of an operation whose own texts do not count.
        """
        return [
            text
            for argument, text, operation in self._texts[user]
            if argument == name and operation != other_than
        ]

    def newest(self, user: str) -> list[str]:
        """Return the text that `user` stored last by each operation, one of each object."""
        return list({operation: text for _, text, operation in self._texts[user]}.values())

    def stored_as(self, user: str) -> list[str]:
        """Return names of arguments by which `user` has stored a text."""
        return list(dict.fromkeys(argument for argument, _, _ in self._texts[user]))

    def password(self, user: str, new: Callable[[], str]) -> str:
        """Return what is in the password that `user` sets and logs in with; a new one at first."""
        if user not in self._passwords:
            self._passwords[user] = new()
        return self._passwords[user]


def finds_something(answer: Answer, asked: Mapping[str, Any]) -> bool:
    """Return whether a reading was served and shows more than nothing, zeros, and what was asked.

    Args:
        answer: Of the reading.
        asked: Its arguments: a report of a player repeats the name.
    """
    body, said = answer.body, [each for each in asked.values() if isinstance(each, str)]
    if isinstance(body, Mapping):
        body = {name: each for name, each in body.items() if each not in said}
    return answer.outcome is Outcome.OK and not is_empty(body)


def _place(argument: str, operation: str) -> str:
    return f"{argument} {operation}"
