"""Scripts: a finding as a program of numbered calls, with real arguments and callers.

A script is a history with the particulars taken out. Where an argument held a value that an
earlier answer gave, the script says so: `${3.items.0.id}` is the value at that path of the third
call's answer, `${alice}` the subject that stands for alice, and `${alice|upper}` the same in
capitals. `${3.0|listed}` is an entry of a catalogue, which any user can name, and `${3.text|last}`
the first word of the last line of one. So it runs again with fresh subjects and on another
database, and loses nothing when calls before it are dropped.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from crosstalk.core.history import Actor, Call, History, Probe, Sending
from crosstalk.core.identifiers import (
    ID_NAME,
    identifiers_in,
    is_code,
    is_code_path,
    is_drawn,
    is_id_path,
    is_short_id,
    is_worded_id,
    last_name,
    map_markers,
    map_strings,
    markers_in,
    redated,
    remarked,
    strings_in,
)
from crosstalk.core.object_kinds import has_own_id, kind_of_field
from crosstalk.core.row_places import RowPlaces, first_words, plain_path
from crosstalk.core.short_numbers import LONG_NUMBER, ShortNumbers

_REFERENCE = re.compile(r"\$\{(\d+)\.([^}]+?)(\|upper|\|listed|\|last)?\}")
_SUBJECT = re.compile(r"\$\{([a-z][a-z0-9_-]*)(\|upper)?\}")
_SYMBOLS = re.compile(r"(\$\{[^}]*\})")
_WORD = re.compile(r"[A-Za-z0-9]+")
# Shorter values occur by chance; ids and cursors are longer.
_MIN_LENGTH = 12
# Seconds between two calls that are a pause, and seconds of all pauses that a replay repeats.
_SHORTEST_PAUSE, _LONGEST_PAUSES = 0.2, 6.0


class UnresolvedReferenceError(Exception):
    """A step needs a value that the replayed answers do not hold."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a script; references name it by `number`.

    Neighbours with one number of `together`, other than 0, are made at once; `sending` is how the
    request travels where that matters; `after` is how many seconds pass before it at least.
    """

    number: int
    actor: Actor
    operation: str
    arguments: Mapping[str, Any]
    probe: Probe | None = None
    together: int = 0
    sending: Sending | None = None
    after: float = 0.0

    def references(self) -> set[int]:
        """Return the numbers of the steps whose answers this one needs."""
        return {number for number, _ in references_in(self.arguments)}


@dataclass(frozen=True)
class Script:
    """Calls that can be made again."""

    steps: tuple[Step, ...]

    @cached_property
    def callers(self) -> Mapping[int, str | None]:
        """Number of each step to the user whose credential it carries."""
        return {step.number: step.actor.user for step in self.steps}

    @cached_property
    def users(self) -> frozenset[str | None]:
        """Users whose credentials its steps carry."""
        return frozenset(self.callers.values())

    def lines(self) -> list[str]:
        """Return one line a call, numbered from 1 in the order shown."""
        numbers = {step.number: place for place, step in enumerate(self.steps, start=1)}
        lines = []
        for place, step in enumerate(self.steps, start=1):
            shown = renumbered(step.arguments, lambda number: numbers.get(number, 0))
            arguments = json.dumps(shown, ensure_ascii=False, default=str)
            # Unpaired surrogates are sent on purpose and cannot be printed.
            arguments = arguments.encode("utf-8", "backslashreplace").decode()
            behaviour = _described(step.sending, step.after)
            lines.append(f"{place}. {step.actor.name}: {step.operation} {arguments}{behaviour}")
        return lines

    def numbers(self) -> list[int]:
        """Return the numbers of its steps, in order."""
        return [step.number for step in self.steps]

    def with_own_markers(self, text: str, salt: int) -> str:
        """Return a text of a replay with the script's markers in the place of the replay's.

        Args:
            text: E.g. what was answered.
            salt: What the replay changed the script's markers by; others were there before it.
        """
        own = {
            marker
            for step in self.steps
            for value in strings_in(step.arguments)
            for marker in markers_in(value)
        }

        def before(marker: str) -> str:
            unsalted = remarked(marker, salt)
            return unsalted if unsalted in own else marker

        return map_markers(text, before)

    def only(self, numbers: Collection[int]) -> Script | None:
        """Return the script of these steps, less those that need another; None if none is left."""
        kept: dict[int, Step] = {}
        for step in self.steps:
            if step.number in numbers and step.references() <= kept.keys():
                kept[step.number] = step
        return Script(tuple(kept.values())) if kept else None

    def without(self, *numbers: int) -> Script | None:
        """Return the script without some steps and those that need them; None if none is left."""
        return self.only(set(self.numbers()) - set(numbers))

    def needed_for(self, numbers: Collection[int]) -> set[int]:
        """Return these numbers and those of every step whose answer they need."""
        needed = set(numbers)
        for step in reversed(self.steps):
            if step.number in needed:
                needed |= step.references()
        return needed

    def without_argument(self, number: int, name: str) -> Script:
        """Return the script with one argument of one step left out."""
        return self.without_arguments({(number, name)})

    def without_arguments(self, left_out: Collection[tuple[int, str]]) -> Script:
        """Return the script without some arguments, each named with the number of its step."""
        return Script(
            tuple(
                replace(
                    step,
                    arguments={
                        name: value
                        for name, value in step.arguments.items()
                        if (step.number, name) not in left_out
                    },
                )
                for step in self.steps
            )
        )

    def arguments(self) -> list[tuple[int, str]]:
        """Return every argument as the number of its step and its name."""
        return [(step.number, name) for step in self.steps for name in step.arguments]

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data for a replay file."""
        return [asdict(step) for step in self.steps]

    @classmethod
    def from_json(cls, rows: Sequence[Mapping[str, Any]]) -> Script:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: The data is not a saved script.
        """
        return cls(
            tuple(
                Step(
                    number=row["number"],
                    actor=Actor(**row["actor"]),
                    operation=row["operation"],
                    arguments=row["arguments"],
                    probe=Probe.from_json(row.get("probe")),
                    together=row.get("together", 0),
                    sending=Sending.from_json(row.get("sending")),
                    after=row.get("after", 0.0),
                )
                for row in rows
            )
        )


def references_in(value: Any, *, listed: bool = True) -> set[tuple[int, str]]:
    """Return the references in a value: the number of a step, and a path in its answer.

    Args:
        value: Of a step, or a part of it.
        listed: Whether entries of a catalogue count, which are no user's own.
    """
    return {
        (int(match.group(1)), match.group(2))
        for text in strings_in(value)
        for match in _REFERENCE.finditer(text)
        if listed or match.group(3) not in ("|listed", "|last")
    }


def script_of(history: History) -> Script:
    """Return the script of a history: its calls with the values of this run taken out."""
    known = _Known()
    for name, subject in history.subjects.items():
        known.take(subject, f"${{{name}}}")
    numbers = ShortNumbers()
    # Codes are short, and are taken for what was answered only as a whole.
    codes: dict[str, str] = {}
    for each in history.owned:
        if len(each.id) >= _MIN_LENGTH and " " not in each.id:
            known.take(each.id, f"${{{each.name}}}")
        else:
            numbers.take(each.kind, each.id, f"${{{each.name}}}")
    # Words that users have sent so far; others that answers hold were there before.
    planted: set[str] = set()
    steps = []
    for call in history:
        planted.update(word for text in strings_in(call.arguments) for word in markers_in(text))
        arguments: dict[str, Any] = map_strings(call.arguments, known.substituted)
        arguments = map_strings(arguments, lambda text: codes.get(text, text))
        # A short id is one only where an id is asked for, and only as a whole.
        for name, value in arguments.items():
            if ID_NAME.search(last_name(name)):
                arguments[name] = numbers.symbol(name, value, call.operation)
            else:
                arguments[name] = numbers.named_plainly(name, value, call.operation)
            if arguments[name] == value:
                arguments[name] = numbers.of_field(name, value, call)
        steps.append(
            Step(
                call.index,
                call.actor,
                call.operation,
                arguments,
                call.probe,
                call.together,
                call.sending,
            )
        )
        found = call.paths
        has_id = has_own_id(found)
        sent = {str(each) for each in call.arguments.values()}
        rows = RowPlaces(found)
        for path, text in found:
            if text.isdigit() and len(text) < LONG_NUMBER and text not in sent:
                numbers.take_of_field(call, path, text, f"${{{call.index}.{rows.named(path)}}}")
            if " " in text:
                # A name that is in use already must not become another in a replay.
                whole = not planted.issuperset(markers_in(text))
            else:
                whole = len(text) >= _MIN_LENGTH and not _composed(text, known)
                # A constant word that the caller sent is another's by chance.
                constant = text in sent and not markers_in(text) and not identifiers_in(text)
                whole = whole and (not constant or is_id_path(path))
            if whole and text in known:
                continue
            if whole:
                known.take(text, f"${{{call.index}.{rows.named(path)}}}")
            elif is_id_path(path) and is_short_id(text):
                kind = kind_of_field(path, call.operation, has_id=has_id)
                numbers.take(kind, text, f"${{{call.index}.{rows.named(path)}}}")
            elif (is_code_path(path) and is_code(text)) or (
                (is_drawn(text) or (is_id_path(path) and is_worded_id(text))) and text not in sent
            ):
                codes.setdefault(text, f"${{{call.index}.{rows.named(path)}}}")
    return Script(tuple(steps))


def with_pauses(script: Script, history: History) -> Script | None:
    """Return a history's script with the pauses that were in it; None where there were none.

    Args:
        script: Of the history, or a part of it.
        history: Has the times of the calls.
    """
    pauses: dict[int, float] = {}
    left = _LONGEST_PAUSES
    for before, call in itertools.pairwise(history):
        pause = min(left, call.started - before.ended)
        if pause >= _SHORTEST_PAUSE:
            pauses[call.index] = round(pause, 2)
            left -= pause
    if not any(step.number in pauses for step in script.steps):
        return None
    return Script(tuple(replace(step, after=pauses.get(step.number, 0.0)) for step in script.steps))


def _composed(text: str, known: _Known) -> bool:
    """Return whether a URI is made of ids that earlier answers gave.

    With them it can be written again, wherever in a list of all users' it stands the next time.
    """
    found = identifiers_in(text) if "://" in text else set()
    return bool(found) and all(each in known for each in found)


def renumbered(arguments: Mapping[str, Any], number: Callable[[int], int]) -> dict[str, Any]:
    """Return the arguments with other step numbers in their references.

    Args:
        arguments: Of a step.
        number: Returns the new number of a step.
    """

    def replacement(match: re.Match[str]) -> str:
        return f"${{{number(int(match.group(1)))}.{match.group(2)}{match.group(3) or ''}}}"

    found: dict[str, Any] = map_strings(arguments, lambda text: _REFERENCE.sub(replacement, text))
    return found


def with_subjects(arguments: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments with `${alice}` in place of another user's reference.

    Args:
        arguments: Of a step.
        names: User name to the user name that takes its place.
    """

    def replacement(match: re.Match[str]) -> str:
        name = names.get(match.group(1), match.group(1))
        return f"${{{name}{match.group(2) or ''}}}"

    found: dict[str, Any] = map_strings(arguments, lambda text: _SUBJECT.sub(replacement, text))
    return found


_BODIES = {"empty": "without its body", "cut": "with half of its body"}


def _described(sending: Sending | None, after: float) -> str:
    """Return when a request is made, and how it travels; nothing for an ordinary one."""
    waited = f" (after {after:.1f} s)" if after else ""
    if sending is None:
        return waited
    places = {
        "head": "after its head",
        "body": "in the middle of its body",
        "served": f"{sending.after * 1000:.0f} ms later",
        "answer": "as the answer began",
    }
    words = [f"on connection {sending.connection}"] if sending.connection else []
    words += [f"{sending.copies} at once"] if sending.copies > 1 else []
    words += [f"aborted {places[sending.aborted_at]}"] if sending.aborted_at else []
    if sending.after and sending.aborted_at != "served":
        words.append(f"{sending.after:.1f} s later")
    words += [_BODIES[sending.body]] if sending.body else []
    return waited + (f" ({', '.join(words)})" if words else "")


def resolve(
    arguments: Mapping[str, Any],
    answers: Mapping[int, Call],
    subjects: Mapping[str, str],
    salt: int = 0,
) -> dict[str, Any]:
    """Return the arguments with this run's values for references, and markers of this run.

    Where nothing is reset, what an earlier run planted is still there, and a marker that was
    planted twice would show the earlier one.

    Raises:
        UnresolvedReferenceError: An earlier answer has nothing at that path this time.
    """

    def of_answer(number: int, path: str) -> str:
        call = answers.get(number)
        paths = call.paths if call is not None else []
        found = dict(paths).get(plain_path(path, paths, salt))
        if found is None:
            raise UnresolvedReferenceError(f"${{{number}.{path}}}")
        return found

    remade = map_strings(arguments, lambda text: redated(remarked(text, salt), salt))
    return filled(remade, of_answer, subjects.get)


def filled(
    arguments: Mapping[str, Any],
    of_answer: Callable[[int, str], str],
    of_subject: Callable[[str], str | None],
    capitals: Callable[[str], str] = str.upper,
) -> dict[str, Any]:
    """Return the arguments with something in the place of each reference.

    Args:
        arguments: Of a step.
        of_answer: Returns what stands for the value at a path of a step's answer.
        of_subject: Returns what stands for a user's subject; None leaves the reference.
        capitals: Returns what stands for the same value in capitals.
    """

    def answer(match: re.Match[str]) -> str:
        found = of_answer(int(match.group(1)), match.group(2))
        if match.group(3) == "|last":
            return (first_words(found) or [found])[-1]
        return capitals(found) if match.group(3) == "|upper" else found

    def subject(match: re.Match[str]) -> str:
        found = of_subject(match.group(1))
        if found is None:
            return match.group(0)
        return capitals(found) if match.group(2) else found

    found: dict[str, Any] = map_strings(
        arguments, lambda text: _SUBJECT.sub(subject, _REFERENCE.sub(answer, text))
    )
    return found


class _Known:
    """Values of a run with what stands for them in a script.

    A value is looked for where its first word stands in a text, and not by searching each text for
    each value: a long run has thousands of both.
    """

    def __init__(self) -> None:
        self._symbols: dict[str, str] = {}
        # First word of a value, as it is and in capitals, to the values that begin with it.
        self._beginning: dict[str, list[str]] = {}

    def __contains__(self, value: str) -> bool:
        return value in self._symbols

    def take(self, value: str, symbol: str) -> None:
        """Keep what stands for a value; the first symbol of a value stays."""
        if not value or value in self._symbols:
            return
        self._symbols[value] = symbol
        for word in {_first_word(value), _first_word(value.upper())}:
            self._beginning.setdefault(word, []).append(value)

    def substituted(self, text: str) -> str:
        """Return the text with the symbols of all values in it."""
        words = dict.fromkeys(["", *_WORD.findall(text)])
        values = dict.fromkeys(value for word in words for value in self._beginning.get(word, ()))
        # Longest first, so that a value inside a longer one does not break it up.
        for concrete in sorted(values, key=len, reverse=True):
            symbol = self._symbols[concrete]
            text = _replaced(text, concrete, symbol)
            if concrete != (capitals := concrete.upper()):
                text = _replaced(text, capitals, f"{symbol[:-1]}|upper}}")
        return text


def _first_word(value: str) -> str:
    """Return the first letters and digits of a value; empty where it has none."""
    found = _WORD.search(value)
    return found.group(0) if found is not None else ""


def _replaced(text: str, concrete: str, symbol: str) -> str:
    """Return the text with a symbol for a value, not within a word: a marker may hold a name."""
    if concrete not in text:
        return text
    whole = rf"(?<![A-Za-z0-9]){re.escape(concrete)}(?![A-Za-z0-9])"
    # A subject may stand in the symbol of an object: `${alice-note-1}` is alice's.
    return "".join(
        piece if place % 2 else re.sub(whole, symbol.replace("\\", r"\\"), piece)
        for place, piece in enumerate(_SYMBOLS.split(text))
    )
