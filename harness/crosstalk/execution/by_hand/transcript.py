"""All calls of a script as lines of shell, in order.

The script is run once more for it, each call alone: a later call may need what an earlier one
answers, and where that stands in a reply is only seen in a reply.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from crosstalk.core.history import History
from crosstalk.core.identifiers import remarked
from crosstalk.core.row_places import plain_path
from crosstalk.core.script import Script, Step, filled
from crosstalk.execution.by_hand.extraction import program
from crosstalk.execution.by_hand.requests import (
    SESSION,
    TooLongError,
    curl,
    event_stream,
    handshake,
    header,
    stdio_line,
    stdio_lines,
)
from crosstalk.execution.by_hand.shell import comment, quoted
from crosstalk.execution.by_hand.variables import Variables
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.execution.other_entries import chosen
from crosstalk.execution.rising_numbers import risen
from crosstalk.execution.script_runner import ScriptRunner
from crosstalk.surface.credentials import Presented
from crosstalk.surface.wire_requests import ReplyText, WireRequest, overheard

# More is no longer read: the replay file has all of it.
_MOST_STEPS = 40


@dataclass(frozen=True, slots=True)
class Transcript:
    """Lines of shell.

    Attributes:
        executor: Makes and writes the calls.
        history: Fresh; it has a subject for every user of the script.
        source: Where the credentials come from, in words.
        before: What is to be done first, in words.
        shown_by: Numbers of the lines whose answers show the finding.
    """

    executor: Executor
    history: History
    source: str = ""
    before: str = ""
    shown_by: Collection[int] = ()

    def lines(self, script: Script) -> tuple[str, ...]:
        """Return the lines of a script; none for one that is too long, or that is no calls."""
        known = self.executor.operations
        if len(script.steps) > _MOST_STEPS or any(
            each.operation not in known for each in script.steps
        ):
            return ()
        return _Writer(self, script).written()


def transcript_of(
    executor: Executor,
    history: History,
    script: Script,
    *,
    source: str = "",
    before: str = "",
    shown_by: Collection[int] = (),
) -> tuple[str, ...]:
    """Return a script as lines of shell; see `Transcript`."""
    return Transcript(executor, history, source, before, shown_by).lines(script)


@dataclass(frozen=True, slots=True)
class _Written:
    """A step's request, with who sends it."""

    place: int
    step: Step
    presented: Presented
    request: WireRequest | None


@dataclass(slots=True)
class _Writer:
    """Writes one script."""

    about: Transcript
    script: Script
    variables: Variables = field(init=False)
    replies: dict[int, ReplyText] = field(default_factory=dict)
    values: dict[tuple[int, str], str] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    standing: dict[str, str] = field(default_factory=dict)
    needed: dict[int, dict[str, str]] = field(default_factory=dict)
    salt: int = field(default_factory=lambda: secrets.randbits(32))

    def __post_init__(self) -> None:
        history = self.about.history
        self.variables = Variables(history.subjects, history.symbols())

    def written(self) -> tuple[str, ...]:
        """Run the script, then write each of its calls."""
        self._run()
        calls = [self._draft(place, step) for place, step in enumerate(self.script.steps, 1)]
        body: list[str] = []
        for together, group in itertools.groupby(calls, key=lambda each: _client(each.step)):
            lines = self._group(list(group))
            if together:
                # Clients at once: each in a subshell of its own.
                body += [f"( {lines[0]}", *(f"  {each}" for each in lines[1:]), ") &"]
            else:
                body += lines
        if any(_client(each) for each in self.script.steps):
            body.append("wait")
        return (*self._first_lines(), *body)

    def _run(self) -> None:
        """Make the calls one by one, and keep what is needed of the answers."""
        runner = ScriptRunner(self.about.executor, self.about.history, self.salt)
        for step in self.script.steps:
            with overheard() as replies:
                call = runner.run_step(replace(step, sending=None))
            if call is None:
                continue
            if replies:
                self.replies[step.number] = replies[-1]
            for path, value in call.paths:
                self.values.setdefault((step.number, path), value)

    def _draft(self, place: int, step: Step) -> _Written:
        places = {each.number: line for line, each in enumerate(self.script.steps, 1)}

        def of_answer(number: int, path: str) -> str:
            found = [(each, text) for (of, each), text in self.values.items() if of == number]
            path = plain_path(remarked(path, self.salt), found, self.salt)
            value = self.values.get((number, path), "")
            named = self.variables.reference(places.get(number, 0), path, value)
            self.needed.setdefault(number, {})[path] = named
            return named

        # A choice is as it was first, and a number that rises a step above it.
        given = {
            name: risen(chosen(each, 0), 0) if isinstance(each, str) else each
            for name, each in step.arguments.items()
        }
        arguments = filled(given, of_answer, self.variables.symbol, self.variables.capitals)
        planned = PlannedCall(step.actor, step.operation, arguments, sending=step.sending)
        presented, request = self.about.executor.draft(
            self.about.history,
            planned,
            lambda own: self.variables.disguised(own, step.actor),
        )
        return _Written(place, step, presented, request)

    def _group(self, calls: Sequence[_Written]) -> list[str]:
        """Lines of calls that come one after the other."""
        lines: list[str] = []
        for _, group in itertools.groupby(calls, key=_process):
            same = list(group)
            if same[0].request is not None and same[0].request.command:
                lines += self._on_standard_input(same)
            else:
                for each in same:
                    if each.step.after:
                        lines.append(f"sleep {each.step.after:.1f}")
                    lines += self._over_http(each)
        return lines

    def _over_http(self, call: _Written) -> list[str]:
        lines = [self._comment(call)]
        if call.request is None:
            return [*lines, comment("no request can express it: crosstalk replay sends it")]
        request = call.request
        try:
            if request.pushed:
                return [*lines, *self._on_pushed(call, request)]
            if request.stream:
                return [*lines, *self._on_stream(call, request)]
            if (session := header(request, SESSION)) is not None:
                request, opening = self._on_session(call, request, session)
                lines += opening
            command = curl(request, self.variables)
        except TooLongError as error:
            return [*lines, comment(f"{error}, too long to be pasted: crosstalk replay sends it")]
        except ValueError:
            return [*lines, comment("no argument of a program holds it: crosstalk replay sends it")]
        return [*lines, *self._kept(call, command)]

    def _on_session(
        self, call: _Written, request: WireRequest, session: str
    ) -> tuple[WireRequest, list[str]]:
        """The request on a session of its own, and what opens that before its first call."""
        owner = self._owner(call.presented.connection, call.step)
        stand_in = self.variables.session(session, owner)
        headers = tuple(
            (name, stand_in if name.lower() == SESSION else value)
            for name, value in request.headers
        )
        request = replace(request, headers=headers)
        if stand_in in self.opened:
            return request, []
        self.opened.add(stand_in)
        opener = self._as_owner(request, call, owner)
        return request, handshake(opener, self.variables.names[stand_in], self.variables)

    def _as_owner(self, request: WireRequest, call: _Written, owner: str) -> WireRequest:
        """The request with the credential of whose session it is, where another one rides on it."""
        user = call.step.actor.user
        if user is None or user == owner:
            return request
        held = replace(call.step.actor, name=owner, user=owner, claims=owner, forgery=None)
        planned = PlannedCall(held, call.step.operation, {})
        _, own = self.about.executor.draft(
            self.about.history, planned, lambda own: self.variables.disguised(own, held)
        )
        if own is None:
            return request
        session = next(each for each in request.headers if each[0].lower() == SESSION)
        kept = [each for each in own.headers if each[0].lower() != SESSION]
        return replace(request, headers=(*kept, session))

    def _on_stream(self, call: _Written, request: WireRequest) -> list[str]:
        owner = self._owner(call.presented.connection, call.step)
        stand_in = self.variables.endpoint(request.url, owner)
        request = replace(request, url=stand_in)
        variable, lines = self.variables.names[stand_in], []
        if stand_in not in self.opened:
            self.opened.add(stand_in)
            lines = event_stream(request, variable, self.variables)
        file = f"{variable.lower()}.events"
        lines.append(curl(request, self.variables, "-o /dev/null"))
        shown = f"sleep 1; sed -n 's/^data: *//p' {file} | tail -n 1"
        return [*lines, *self._kept(call, shown, plain=True)]

    def _on_pushed(self, call: _Written, request: WireRequest) -> list[str]:
        """Open a stream at the caller's first call, and show what has come on it by each call."""
        if request.pushed == "websocket":
            said = (
                "a WebSocket that stands from the caller's first call on: crosstalk replay opens it"
            )
            return [comment(said)]
        command = curl(request, self.variables, "-N")
        known = command in self.standing
        file = self.standing.setdefault(command, f"stream{len(self.standing) + 1}.events")
        lines = [] if known else [f"{command} > {file} & sleep 1"]
        shown = f"sleep 1; sed -n 's/^data: *//p' {file}"
        return [*lines, *self._kept(call, shown, plain=True)]

    def _on_standard_input(self, calls: Sequence[_Written]) -> list[str]:
        lines = [self._comment(each) for each in calls]
        messages: list[str] = []
        command = ""
        first: list[str] = []
        for each in calls:
            if each.request is None:
                continue
            first, command = stdio_lines(each.request, self.variables)
            try:
                messages.append(stdio_line(each.request, self.variables))
            except (TooLongError, ValueError) as error:
                lines.append(comment(f"line {each.place} left out: {error}"))
        said = " ".join([*first, *messages])
        run = f"{{ printf '%s\\n' {said}; sleep 2; }} | {command}"
        # The replies come one after the other, the handshake's first.
        needed = {number: each for each in calls if (number := each.step.number) in self.needed}
        if not needed:
            return [*lines, run]
        kept = f"A{calls[-1].place}"
        lines.append(f"{kept}=$({run}); printf '%s\\n' \"${kept}\"")
        for number, each in needed.items():
            row = 2 + list(calls).index(each)
            lines += self._taken(number, f"printf '%s' \"${kept}\" | sed -n {row}p")
        return lines

    def _kept(self, call: _Written, command: str, *, plain: bool = False) -> list[str]:
        """The command, and the values of its reply that later calls need."""
        if call.step.number not in self.needed:
            # Answers need not end with a line's end.
            return [f"{command}; echo"]
        kept = f"A{call.place}"
        reply = self.replies.get(call.step.number)
        event = reply is not None and reply.event and not plain
        # Of a stream the last message is the reply.
        command += " | sed -n 's/^data: *//p' | tail -n 1" if event else ""
        return [
            f"{kept}=$({command}); printf '%s\\n' \"${kept}\"",
            *self._taken(call.step.number, f"printf '%s' \"${kept}\""),
        ]

    def _taken(self, number: int, reply: str) -> list[str]:
        lines = []
        for path, stand_in in self.needed[number].items():
            variable = self.variables.names[stand_in]
            value = self.values.get((number, path), "")
            seen = self.replies.get(number)
            code = program(seen.text, path, value) if seen is not None and value else None
            if code is None:
                lines.append(f"{variable}={quoted(value)}")
                lines.append(comment(f"that was {path} in the answer: take the one you are given"))
            else:
                lines.append(f"{variable}=$({reply} | python3 -c {quoted(code)})")
        return lines

    def _comment(self, call: _Written) -> str:
        step = call.step
        notes = []
        if step.probe is not None and step.probe.part == "varied":
            notes.append("left out in the other world")
        if step.sending is not None and step.sending.aborted_at:
            copies = step.sending.copies
            each = f"{copies} at once, each " if copies > 1 else ""
            notes.append(f"{each}aborted by its client")
        if call.place in self.about.shown_by:
            notes.append("its answer shows what crossed")
        said = f" -- {', '.join(notes)}" if notes else ""
        return comment(f"{call.place}. {step.actor.name}: {step.operation}{said}")

    def _owner(self, connection: str, step: Step) -> str:
        """Whose session or stream a connection is."""
        for user, subject in self.about.history.subjects.items():
            if connection == subject:
                return user
        return step.actor.user or step.actor.claims

    def _first_lines(self) -> list[str]:
        """What is to be set first: credentials, which are not written down, and what is known."""
        lines = [
            comment(f"Set first: {name}, the {place} of {whose}")
            for name, (whose, place) in self.variables.secrets.items()
        ]
        if lines and self.about.source:
            lines.append(comment(self.about.source))
        if self.about.before:
            lines.append(comment(self.about.before))
        lines += [f"{name}={quoted(value)}" for name, value in self.variables.known.items()]
        return lines


def _client(step: Step) -> str:
    """The name of a client that calls at the same time as others; empty for an ordinary call."""
    concurrent = step.probe is not None and step.probe.part == "concurrent"
    return step.actor.name if concurrent else ""


def _process(call: _Written) -> tuple[bool, str]:
    """What calls that go to one process have in common."""
    stdio = call.request is not None and bool(call.request.command)
    return stdio, call.presented.connection if stdio else ""
