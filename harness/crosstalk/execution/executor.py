"""Makes calls with each actor's credential and records them, one by one or several at once."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.history import Actor, Answer, Call, History, Outcome, Probe, Sending
from crosstalk.execution.limit_record import LimitRecord
from crosstalk.execution.stopping import OutOfCallsError, OutOfTimeError, stopping_the_run
from crosstalk.surface.credentials import Credentials, Presented
from crosstalk.surface.http.delivery import sent_as
from crosstalk.surface.operation import Operation, Surface
from crosstalk.surface.patience import ending_at
from crosstalk.surface.wire_requests import WireRequest, held_back


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that is decided and has not been made."""

    actor: Actor
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    probe: Probe | None = None
    sending: Sending | None = None


class Executor:
    """Sends calls through the surface they belong to; counts them over all examples.

    Args:
        surfaces: Surface name (`mcp`, `rest`, `chat`) to what makes its calls.
        operations: Operation name to operation.
        credentials: Give what each actor presents.
        concurrency: How many calls may be under way at once; 1 where the surfaces bear no more.
        claiming: Names of headers in which impostors repeat the identity that they claim.
        watch: Given each answer to a request that was made in full, and the seconds it took.
        elsewhere: Returns the calls of other processes that play the same campaign.
        note: Told how many calls have been made, with each that searches for something.

    Attributes:
        calls_made: Calls so far that search for something.
        replay_calls: Calls so far that replay what was found, counted apart.
        replay_seconds: Seconds that these took.
        outcomes: How many calls were answered in each way.
        called: How many calls each operation got.
        limited: How many of them were refused for being too many, where no limit was used up on
            purpose.
        limits: Whom operations refused for being too many, where none was used up on purpose.
    """

    def __init__(
        self,
        surfaces: Mapping[str, Surface],
        operations: Mapping[str, Operation],
        credentials: Credentials,
        concurrency: int = 1,
        claiming: Sequence[str] = (),
        watch: Callable[[Answer, float], None] | None = None,
        elsewhere: Callable[[], int] = int,
        note: Callable[[int], None] | None = None,
    ) -> None:
        self._surfaces = surfaces
        self.operations = dict(operations)
        self._credentials = credentials
        self.concurrency = concurrency
        self._claiming = tuple(claiming)
        self._watch = watch
        self._elsewhere, self._note = elsewhere, note
        self.calls_made = 0
        self.replay_calls = 0
        self.replay_seconds = 0.0
        self._replaying = False
        self._using_up_limits = False
        self.outcomes: Counter[Outcome] = Counter()
        self.called: Counter[str] = Counter()
        self.limited: Counter[str] = Counter()
        self.limits = LimitRecord()
        self._recording = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._groups = 0
        self._deadlines: list[float] = []
        self._most_calls: float = math.inf
        self._kept: list[Call] | None = None

    @property
    def calls_in_all(self) -> int:
        """Number of calls made, replays included."""
        return self.calls_made + self.replay_calls

    @property
    def calls_used(self) -> int:
        """Number of calls made, with those of other processes that play the same campaign."""
        return self.calls_made + self._elsewhere()

    def since_last_time(self) -> list[Call]:
        """Return the calls made since this was asked last, whatever history they belong to.

        The first time nothing is returned: nothing was kept until then.
        """
        with self._recording:
            found, self._kept = self._kept or [], []
        return found

    @contextmanager
    def replaying(self) -> Iterator[None]:
        """Count the calls and the seconds of the block as replays', and those of a block within."""
        within, self._replaying, began = self._replaying, True, time.monotonic()
        try:
            yield
        finally:
            self._replaying = within
            if not within:
                self.replay_seconds += time.monotonic() - began

    @contextmanager
    def using_up_limits(self) -> Iterator[None]:
        """Expect calls of the block to be refused for being too many."""
        self._using_up_limits = True
        try:
            yield
        finally:
            self._using_up_limits = False

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Let the block make calls until a deadline, and within an outer block until its as well.

        Args:
            deadline: On the clock of `time.monotonic`.

        Raises:
            OutOfTimeError: The block wants to make a call after that.
        """
        self._deadlines.append(min([deadline, *self._deadlines]))
        try:
            yield
        finally:
            self._deadlines.pop()

    @contextmanager
    def within(self, calls: int) -> Iterator[None]:
        """Let the block make calls until there are this many in all, replays not counted.

        Raises:
            OutOfCallsError: The block wants to make another call.
        """
        before, self._most_calls = self._most_calls, calls
        try:
            yield
        finally:
            self._most_calls = before

    def require_time(self) -> None:
        """Check that calls may still be made.

        Raises:
            OutOfTimeError: The time that was given by `until` is over.
        """
        if self._deadlines and time.monotonic() >= self._deadlines[-1]:
            raise OutOfTimeError

    def seconds_left(self) -> float:
        """Return the seconds in which calls may still be made; infinite where none were given."""
        return self._deadlines[-1] - time.monotonic() if self._deadlines else math.inf

    def execute(
        self,
        history: History,
        actor: Actor,
        operation: str,
        arguments: Mapping[str, Any],
        probe: Probe | None = None,
        sending: Sending | None = None,
    ) -> Call:
        """Make one call and record it; calls may be made from several threads at once.

        Raises:
            KeyError: The system has no such operation now.
            OutOfTimeError: The time in which calls may be made is over, or the calls are used.
        """
        return self.make(history, PlannedCall(actor, operation, arguments, probe, sending))

    def make(self, history: History, planned: PlannedCall) -> Call:
        """Make one planned call and record it, as `execute` does."""
        return self._record(history, planned, *self._send(history, planned))

    def execute_all(self, history: History, planned: Sequence[PlannedCall]) -> list[Call]:
        """Make these calls at once where that is allowed; they are recorded in the order given.

        A history in the order in which answers came would differ from run to run under one seed.

        Raises:
            KeyError: The system has no such operation now.
            OutOfTimeError: The time in which calls may be made is over, or the calls are used.
        """
        return self._begin_all(history, planned)()

    def execute_in_groups(
        self, history: History, planned: Sequence[PlannedCall], go_on: Callable[[], bool]
    ) -> Iterator[Call]:
        """Make these calls, as many at once as may be, and yield each once its group has ended.

        The next group is under way while the last one is looked at. Calls are recorded in the order
        given.

        Args:
            history: Takes the calls.
            planned: The calls; none depends on another.
            go_on: Returns whether the next group may begin.

        Raises:
            KeyError, OutOfTimeError: As for `execute_all`.
        """
        made: list[Call] = []
        for start in range(0, len(planned), max(1, self.concurrency)):
            if not go_on():
                break
            end = self._begin_all(history, planned[start : start + max(1, self.concurrency)])
            yield from made
            made = end()
        yield from made

    def _begin_all(
        self, history: History, planned: Sequence[PlannedCall]
    ) -> Callable[[], list[Call]]:
        """Begin these calls where they may be under way at once; return what ends them."""
        if len(planned) > (allowed := self._calls_allowed()):
            # What is answered is recorded, so no more are begun than may be made.
            end_allowed = self._begin_all(history, planned[: int(allowed)])

            def end_too_many() -> list[Call]:
                end_allowed()
                raise OutOfCallsError

            return end_too_many
        if self.concurrency == 1 or len(planned) < 2:
            return lambda: [
                self._record(history, each, *self._send(history, each)) for each in planned
            ]
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.concurrency, "crosstalk-calls")
        self._groups += 1
        group = self._groups
        sent = self._threads.map(lambda each: self._send(history, each), planned)
        return lambda: [
            self._record(history, each, *answered, group)
            for each, answered in zip(planned, list(sent), strict=True)
        ]

    def draft(
        self, history: History, planned: PlannedCall, disguise: Callable[[Presented], Presented]
    ) -> tuple[Presented, WireRequest | None]:
        """Write the request of a call without sending it.

        Args:
            history: Has the users' subjects.
            planned: The call.
            disguise: Puts something else in the place of what the actor presents.

        Returns:
            What the actor presents, undisguised, and the request; None for one that cannot be
            expressed.
        """
        found = self.operations[planned.operation]
        presented = self._presented(history, planned, found)
        with sent_as(planned.sending), held_back() as drafts:
            self._surfaces[found.surface].call(found, planned.arguments, disguise(presented))
        return presented, drafts[-1] if drafts else None

    def close(self) -> None:
        """End the threads; the next calls made at once start new ones."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None

    def _calls_allowed(self) -> float:
        return math.inf if self._replaying else max(0, self._most_calls - self.calls_used)

    def _count(self) -> None:
        """Count a call that begins.

        Raises:
            OutOfCallsError: It would be one too many.
        """
        with self._recording:
            if self._calls_allowed() < 1:
                raise OutOfCallsError
            if self._replaying:
                self.replay_calls += 1
            else:
                self.calls_made += 1
                if self._note is not None:
                    self._note(self.calls_made)

    def _send(self, history: History, planned: PlannedCall) -> tuple[Answer, float, float]:
        self.require_time()
        found = self.operations[planned.operation]
        presented = self._presented(history, planned, found)
        self._count()
        started = time.monotonic()
        ends = self._deadlines[-1] if self._deadlines else math.inf
        # A refusal for being too many is what is looked for.
        ends = -math.inf if self._using_up_limits else ends
        with sent_as(planned.sending), ending_at(ends), stopping_the_run():
            answer = self._surfaces[found.surface].call(found, planned.arguments, presented)
        ended = time.monotonic()
        if self._watch is not None and (planned.sending is None or not planned.sending.aborted_at):
            with stopping_the_run():
                self._watch(answer, ended - started)
        return answer, started, ended

    def _presented(self, history: History, planned: PlannedCall, found: Operation) -> Presented:
        actor = planned.actor
        subject = history.subjects[actor.user or actor.claims]
        with stopping_the_run():
            presented = self._credentials.present(actor, subject, found.surface)
        if self._claiming and actor.user != actor.claims and actor.forgery is None:
            claimed = dict.fromkeys(self._claiming, history.subjects[actor.claims])
            return presented.with_headers(claimed)
        return presented

    def _record(
        self,
        history: History,
        planned: PlannedCall,
        answer: Answer,
        started: float,
        ended: float,
        together: int = 0,
    ) -> Call:
        with self._recording:
            call = Call(
                index=len(history.calls) + 1,
                actor=planned.actor,
                operation=planned.operation,
                arguments=dict(planned.arguments),
                answer=answer,
                started=started,
                ended=ended,
                probe=planned.probe,
                together=together,
                sending=planned.sending,
            )
            history.record(call)
            self.outcomes[call.answer.outcome] += 1
            self.called[call.operation] += 1
            if not self._using_up_limits:
                if call.answer.outcome is Outcome.LIMITED:
                    self.limited[call.operation] += 1
                self.limits.note(history, call, self.calls_made)
            if self._kept is not None:
                self._kept.append(call)
        return call
