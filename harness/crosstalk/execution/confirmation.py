"""Confirmation: a suspicion is believed when it shows again, and not with the act left out.

It is replayed on fresh subjects, cut down to the calls, arguments and actors that it needs,
replayed again to see how reliably it shows, and held against its counterfactual. All of this has a
time: what was not replayed in it stays open, and a script that was not shortened in it is said not
to be minimal.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from crosstalk.core.history import History
from crosstalk.core.script import Script, script_of, with_pauses
from crosstalk.execution.cause import Signature, cause_of
from crosstalk.execution.confirmation_outcome import (
    Confirmed,
    Rejected,
    attempts_for,
    confirmed_by,
    is_open,
)
from crosstalk.execution.counterfactual import Counterfactual
from crosstalk.execution.fresh_words import with_fresh_keys, with_fresh_words
from crosstalk.execution.kept_answers import EarlierValues, after_pauses, kept_part
from crosstalk.execution.likely import likely_part, wider_part
from crosstalk.execution.other_entries import with_other_entries
from crosstalk.execution.repeated_acts import with_acts_repeated, with_one_act, without_acts
from crosstalk.execution.replay import Replayer
from crosstalk.execution.rising_numbers import with_rising_numbers
from crosstalk.execution.shortening import Shortening, Shown
from crosstalk.execution.stopping import OutOfTimeError
from crosstalk.oracles.base import Suspicion

# Replays of the part that is likely to show a suspicion, before the whole is replayed.
_LIKELY_REPLAYS = 2
# Replays of that part with all calls about the same objects.
_WIDER_REPLAYS = 1
# Replays after which a suspicion that never showed again is given up.
_FIRST_REPLAYS = 5
# Replays in a row, the last one of the whole, that showed an earlier run's values: more would, too.
_KEPT_REPLAYS = 2
# Replays of the part in which a value's owner has read it where it was shown.
_FILLED_REPLAYS = 1
# Calls that are made at once meet now and then.
_REPLAYS_TOGETHER = 8
# Replays by which the confidence is measured.
_LAST_REPLAYS = 3
# Replays in which others act about other entries, where nothing else has shown it.
_TURNS = 3
# Calls of a script that is shortened without being replayed once more first.
_SHORT = 10
# Replays in a row that must show a shorter script, and the calls of a script that is shortened so,
# once one was found that showed by what earlier replays had left.
_IN_A_ROW, _SHORT_TWICE = 2, 30


_EXPLAINED = Rejected("shows all the same with the act left out", explained=True)
_KEPT = Rejected(
    "the values of an earlier run were shown in its place",
    explained=False,
    in_haste=True,
    kept=True,
)
_NOT_TRIED = Rejected(
    "replays of others had been in vain too often: its likely part alone was replayed, if short",
    explained=False,
    in_haste=True,
)


def _quiet(script: Script, calls: int) -> None:
    """Ignore how shortening goes on."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Confirms suspicions by replays.

    Attributes:
        replayer: Runs scripts on fresh subjects.
        calls: Calls after which a script is short enough.
        seconds: Seconds after which a script is short enough.
        first_seconds: Seconds after which a suspicion that has not shown again is given up.
        ends: When all of it must be over, on the clock of `time.monotonic`.
        forgeries: Kinds of forged credentials that can be presented.
        progress: Called with each shorter script that is tried, and the calls used for it so far.
        likely_alone: Whether nothing but a short part that is likely to show it is replayed, until
            that does.
        pausing: Whether it is one whose replays showed the values of an earlier run: it is replayed
            after pauses.
        pausing_ends: When that must be over.
    """

    replayer: Replayer
    calls: int = 1_500
    seconds: float = 60.0
    first_seconds: float = math.inf
    ends: float = math.inf
    forgeries: Sequence[str] = ()
    progress: Callable[[Script, int], None] = _quiet
    likely_alone: bool = False
    pausing: bool = False
    pausing_ends: float = math.inf

    def confirm(
        self, history: History, suspicion: Suspicion, leaving_out: Collection[str] = ()
    ) -> Confirmed | Rejected:
        """Return the suspicion with the shortest script that shows it, or why it is not believed.

        Args:
            history: In which it was suspected.
            suspicion: Of that history.
            leaving_out: Acts of others that are known to show it as well, and are not made.
        """
        if self.pausing:
            with self.replayer.executor.until(self.pausing_ends):
                return self._confirm_pausing(history, suspicion)
        with self.replayer.executor.until(self.ends):
            found = self._confirm(history, suspicion, leaving_out)
            stays = suspicion.oracle == "canary" and bool(history.said) and not history.new_users
            if not stays or not is_open(found) or found is _NOT_TRIED:
                return found
            # Where rows stay, what a replay stores may stand behind what is shown.
            replayer = replace(self.replayer, earlier=True)
            stayed = replace(self, replayer=replayer)._confirm(history, suspicion, leaving_out)
            kept = isinstance(found, Rejected) and found.kept
            return found if kept and is_open(stayed) else stayed

    def changed_without(
        self, acts: Collection[str], history: History, suspicion: Suspicion
    ) -> frozenset[str]:
        """Return the readings that change in a replay without some acts of others.

        Args:
            acts: Operations that are left out between the two readings.
            history: In which something was suspected; all of it is replayed.
            suspicion: Of that history, by two readings of one user.

        Raises:
            OutOfTimeError: The time in which calls may be made is over.
        """
        script = without_acts(script_of(history), suspicion, acts)
        with self.replayer.executor.until(min(self.ends, time.monotonic() + self.first_seconds)):
            replayed, _ = self.replayer.run_able(script) if script is not None else (None, None)
        if replayed is None:
            return frozenset()
        # Other comparisons of the history say nothing of this one.
        compared = history.calls[suspicion.calls[-1] - 1].probe
        found = self.replayer.judged(replayed, suspicion.oracle)
        shown = [replayed.calls[each.calls[-1] - 1] for each in found]
        return frozenset(each.operation for each in shown if each.probe == compared)

    def _confirm(
        self, history: History, suspicion: Suspicion, leaving_out: Collection[str]
    ) -> Confirmed | Rejected:
        # That a header is steady may have been seen after it changed.
        last = max(suspicion.calls[-1], *suspicion.besides, 0)
        whole = script_of(history.until(last))
        signature = Signature.of(whole, suspicion)
        likely = likely_part(history, suspicion, whole)
        earlier = EarlierValues.of(history, suspicion, self.replayer.executor.operations)
        if leaving_out:
            reduced = without_acts(whole, suspicion, leaving_out) or whole
            alone = self._with_one_act(history, suspicion, reduced)
            besides = self._shown_again(history, reduced, alone, signature, earlier)
            return (
                besides if isinstance(besides, Rejected) else self._held(*besides, signature, None)
            )
        if self.likely_alone:
            acts = [part for part, _ in self._with_one_act(history, suspicion, whole)]
            likeliest = acts or [likely if likely is not None else whole]
            short = (each for each in likeliest if len(each.steps) <= _SHORT)
            shown = next(filter(None, (self._shown_by(each, signature) for each in short)), None)
            again: tuple[Shown, int] | Rejected = (shown, 1) if shown is not None else _NOT_TRIED
        else:
            wider = wider_part(history, suspicion, whole)
            alone = self._with_one_act(history, suspicion, whole)
            filled = kept_part(history, suspicion, whole)
            parts = (
                *alone,
                (likely, _LIKELY_REPLAYS),
                (filled, _FILLED_REPLAYS),
                (wider, _WIDER_REPLAYS),
            )
            again = self._shown_again(history, whole, parts, signature, earlier)
        found = (
            again if isinstance(again, Rejected) else self._held(*again, signature, likely, earlier)
        )
        if isinstance(found, Confirmed) or found.explained or found is _NOT_TRIED or found.kept:
            return found
        operations = self.replayer.executor.operations
        others: list[Script | None] = []
        if not isinstance(again, Rejected):
            # It may have shown by what an earlier run had left, which is gone since, or be hidden
            # by what that left.
            others = [whole if likely is not None else None, with_fresh_words(whole, operations)]
        if suspicion.oracle == "ownership":
            others.append(with_acts_repeated(whole, suspicion, operations))
            # A best of all may have been beaten by the example.
            calls = self.replayer.executor.calls_in_all
            others.append(with_rising_numbers(whole, suspicion, operations, history, calls))
            # Another entry each time: one replay alone may be about what is far ahead.
            turned = with_other_entries(whole, suspicion, operations, history)
            others += [turned] * _TURNS
        made: list[Script] = []
        for script in filter(None, others):
            made.append(script)
            shown = self._shown_by(script, signature)
            more = (
                found if shown is None else self._held(shown, made.count(script), signature, None)
            )
            if not is_open(more):
                return more
        return found

    def _confirm_pausing(self, history: History, suspicion: Suspicion) -> Confirmed | Rejected:
        """Return the same by replays after pauses, in which what is kept for a while is dropped."""
        whole = script_of(history.until(max(suspicion.calls[-1], *suspicion.besides, 0)))
        signature = Signature.of(whole, suspicion)
        earlier = EarlierValues.of(history, suspicion, self.replayer.executor.operations)
        earlier.known = True

        def replay(script: Script, pause: float) -> Shown | None:
            replayer = replace(self.replayer, pause=pause)
            return replace(self, replayer=replayer)._replay_able(script, signature, earlier)

        scripts = [each for each in (kept_part(history, suspicion, whole), whole) if each]
        try:
            found = after_pauses(scripts, replay, earlier)
        except OutOfTimeError:
            return _KEPT
        if found is None:
            return replace(_KEPT, in_haste=False)
        shown, pause = found
        paused = replace(self, replayer=replace(self.replayer, pause=pause))
        return paused._held(shown, 1, signature, None)

    def _with_one_act(
        self, history: History, suspicion: Suspicion, script: Script
    ) -> list[tuple[Script, int]]:
        """Return parts that may show a change by one act alone, each with its replays."""
        operations = self.replayer.executor.operations
        return [(each, 1) for each in with_one_act(history, suspicion, script, operations)]

    def _shown_by(self, script: Script, signature: Signature) -> Shown | None:
        """Return a replay of another form of the script that shows it."""
        try:
            with self.replayer.executor.until(time.monotonic() + self.first_seconds):
                return self._replay_able(script, signature)
        except OutOfTimeError:
            return None

    def _held(
        self,
        shown: Shown,
        tries: int,
        signature: Signature,
        likely: Script | None,
        earlier: EarlierValues | None = None,
    ) -> Confirmed | Rejected:
        """Return what a replay shows with the shortest script, or why it is not believed.

        Args:
            shown: The replay.
            tries: Replays that it took.
            signature: By what the suspicion is known again.
            likely: A part that may show it by itself, if there is one.
            earlier: Takes the replays of a long script, where something may be kept.
        """
        try:
            if self._without_the_act(shown, earlier):
                return _EXPLAINED
        except OutOfTimeError:
            why = "shown again, and the time was over before it was tried with the act left out"
            return Rejected(why, explained=False, in_haste=True)
        attempts = attempts_for(1, tries)
        if not self._shows_again(shown, signature, max(_LAST_REPLAYS, attempts), earlier):
            if earlier is not None and earlier.in_a_row:
                # What was kept had expired once.
                return _KEPT
            why = f"shown in one replay, and in none of {max(_LAST_REPLAYS, attempts)} after it"
            return Rejected(why, explained=False)
        confirmed, shorter = self._shortened(shown, signature, likely, attempts)
        if isinstance(confirmed, Rejected):
            return confirmed
        more = attempts_for(*confirmed.replayed)
        if more > attempts:
            # It shows now and then, which was not known: in one replay each, much was missed.
            second = self._shortened(shorter, signature, likely, more)[0]
            if isinstance(second, Confirmed) and len(second.script.steps) <= len(
                confirmed.script.steps
            ):
                return second
        return confirmed

    def _shows_again(
        self, shown: Shown, signature: Signature, times: int, earlier: EarlierValues | None
    ) -> bool:
        """Return whether a long script shows it once more, without which none is shortened.

        What showed by what was there once would take hundreds of replays for nothing.
        """
        if len(shown.script.steps) <= _SHORT:
            return True
        try:
            return any(self._replay_able(shown.script, signature, earlier) for _ in range(times))
        except OutOfTimeError:
            return True

    def _shortened(
        self, shown: Shown, signature: Signature, likely: Script | None, attempts: int
    ) -> tuple[Confirmed | Rejected, Shown]:
        """Return the shortest script that holds, and the replay that showed it.

        Args:
            shown: A replay that shows it, and not with the act left out.
            signature: By what it is known again.
            likely: A part that may show it by itself, if there is one.
            attempts: Replays after which a shorter script does not show it.
        """
        times, same = max(_LAST_REPLAYS, attempts), False
        try:
            for in_a_row in (1, _IN_A_ROW):
                shortening = self._shortening(shown, signature, attempts, in_a_row)
                shorter = shortening.run(likely)
                minimal, same = shortening.minimal, shorter is shown
                confirmed = self._proven(shorter, signature, times, minimal=minimal, held=same)
                if isinstance(confirmed, Confirmed) or same:
                    return confirmed, shorter
                if confirmed.explained or len(shown.script.steps) > _SHORT_TWICE:
                    break
            return self._proven(shown, signature, times, minimal=False, held=True), shown
        except OutOfTimeError:
            # The first script has its counterfactual behind it, the shorter one has not.
            return confirmed_by(shown, (1, max(1, attempts)), minimal=False), shown

    def _shortening(
        self, shown: Shown, signature: Signature, attempts: int, in_a_row: int
    ) -> Shortening:
        return Shortening(
            self._replay,
            self.replayer.executor,
            shown,
            signature,
            attempts=attempts,
            calls=self.calls,
            seconds=self.seconds,
            forgeries=self.forgeries,
            progress=self.progress,
            times=in_a_row,
        )

    def reproduces(self, script: Script, oracle: str, operation: str) -> Suspicion | None:
        """Return the suspicion that a finding's script shows again, if it does.

        Args:
            script: Of the finding.
            oracle: Its oracle.
            operation: The operation that causes it.
        """
        history = self.replayer.run(script)
        if history is None:
            return None
        for each in self.replayer.judged(history, oracle):
            if cause_of(script, each, history) == operation:
                return each
        return None

    def _shown_again(
        self,
        history: History,
        whole: Script,
        parts: Sequence[tuple[Script | None, int]],
        signature: Signature,
        earlier: EarlierValues,
    ) -> tuple[Shown, int] | Rejected:
        """Return the first replay that shows it, and how many of that script it took.

        Args:
            history: In which it was suspected.
            whole: The script of all of it.
            parts: Parts that may show it by themselves, each with its replays, the shortest first.
            signature: By what it is known again.
            earlier: Takes each replay.
        """
        most = _REPLAYS_TOGETHER if any(each.together for each in whole.steps) else _FIRST_REPLAYS
        made, kept = 0, False
        try:
            with self.replayer.executor.until(time.monotonic() + self.first_seconds):
                for script, times in (*parts, (whole, most)):
                    for tries in range(1, times + 1) if script is not None else ():
                        shown = self._replay_able(script, signature, earlier) if script else None
                        made += 1
                        if shown is not None:
                            return shown, tries
                        kept = script is whole and earlier.in_a_row >= _KEPT_REPLAYS
                        if kept:
                            break
                # What is kept, or put off, for a while shows at its time alone.
                paused = None if kept else with_pauses(whole, history)
                # What was named for good in the example is taken in every replay of it.
                renamed = with_fresh_words(whole, self.replayer.executor.operations)
                for script in (paused, renamed):
                    shown = self._replay(script, signature) if script is not None else None
                    if shown is not None:
                        return shown, 1
        except OutOfTimeError:
            why = f"not seen again in {made} replays, then its time was over"
            why = why if made else "not replayed: the time was over"
            return Rejected(why, explained=False, in_haste=True, kept=earlier.in_a_row > 0)
        if kept:
            return _KEPT
        return Rejected(f"not seen again in {most} replays", explained=False)

    def _replay_able(
        self, script: Script, signature: Signature, earlier: EarlierValues | None = None
    ) -> Shown | None:
        """Return a replay that shows it, without the steps that are not possible any more."""
        history, made = self.replayer.run_able(script)
        found = [
            each
            for each in self.replayer.judged(history, signature.oracle)
            if Signature.of(made, each) == signature
            and not (earlier is not None and earlier.are_all_of(history, each))
        ]
        if earlier is not None:
            earlier.take(history)
        return Shown(made, history, found[0]) if found else None

    def _replay(
        self, script: Script, signature: Signature, cause: str | None = None
    ) -> Shown | None:
        history = self.replayer.run(script)
        if history is None:
            return None
        for each in self.replayer.judged(history, signature.oracle):
            if Signature.of(script, each) == signature and cause in (None, each.operation):
                return Shown(script, history, each)
        return None

    def _without_the_act(self, shown: Shown, earlier: EarlierValues | None = None) -> bool:
        """Return whether it shows all the same with the act that should explain it left out."""
        operations = self.replayer.executor.operations
        counterfactual = Counterfactual(
            self.replayer.run,
            # In the same words, but for the keys: a call is made once under each.
            lambda script, salt: self.replayer.run(with_fresh_keys(script, operations), salt),
            left=earlier.left_in if earlier is not None else lambda _: (),
        )
        return counterfactual.shows(shown.script, shown.history, shown.suspicion)

    def _proven(
        self, shown: Shown, signature: Signature, times: int, *, minimal: bool, held: bool
    ) -> Confirmed | Rejected:
        """Return it with how reliably it shows, or why it is not believed.

        Args:
            shown: A replay that shows it.
            signature: By what it is known again.
            times: Replays by which its reliability is measured.
            minimal: Whether nothing can be left out of its script.
            held: Whether it is known not to show with the act left out.

        Raises:
            OutOfTimeError: The time was over before it was tried with the act left out.
        """
        if not held and self._without_the_act(shown):
            return _EXPLAINED
        replays: list[Shown | None] = []
        for _ in range(times):
            try:
                replays.append(self._replay(shown.script, signature))
            except OutOfTimeError:
                replays = replays or [shown]
                break
        again = [each for each in replays if each is not None]
        if not again:
            # A system whose rows stay may show it once: that is no reason to call it explained.
            why = f"shown in one replay, and in none of {len(replays)} after it"
            return Rejected(why, explained=False)
        return confirmed_by(again[-1], (len(again), len(replays)), minimal=minimal)
