"""Budget of one campaign: when the search ends, and what its last part is kept for.

`calls` bounds the search and the phases; `seconds` bounds everything from the first call to the
verdict. Near the end of the seconds the search stops for what must come after it: the phases that
never had a turn, and the replays of what is suspected last.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from crosstalk.campaign.options import CampaignOptions
from crosstalk.execution.executor import Executor

# Calls that replay one suspicion, hold it against its counterfactual and shorten it.
_CALLS_TO_CONFIRM = 50
# Seconds of the pauses before the replays of one suspicion that shows an earlier run's values, and
# the largest part that is kept for them.
_PAUSES_SECONDS, _MOST_FOR_PAUSES = 60.0, 0.3
# The largest parts that are kept for replays, for phases without a turn, and for judging.
# Calls so few that the plan comes before rules by chance and phases, and what phases get of them.
FEW_CALLS = 600
_MOST_OF_FEW = 0.25
_MOST_FOR_REPLAYS, _MOST_FOR_PHASES, _MOST_FOR_JUDGING = 0.2, 0.35, 0.2
# The largest part without which phases could not begin.
_MOST_TO_BEGIN = 0.5
# Calls that a rule makes after the search should have stopped, as a part.
_LATE_CALLS = 0.04
# The part that is kept for phases while the first sweep gives every oracle its opportunity.
_PHASES_AFTER_SWEEP = 0.15
# What one suspicion may take until it shows again, and until it is short: parts, fewest seconds.
_FIRST_SHARE, _SHORTENING_SHARE = 0.25, 0.1
_LEAST_SECONDS = 2.0
# Calls that shorten one script, at most: no more than the campaign makes, but for very few.
_MOST_SHORTENING, _LEAST_SHORTENING = 1_500, 300
# The part of the seconds after which replays are brief where the other calls need what is left, the
# part after which they wait for these, and the part of the seconds in which these must be made.
_MOST_REPLAYING, _ALL_REPLAYING, _FOR_CALLS = 0.3, 0.5, 0.6
# What one suspicion may take in all while there are calls to make, and where replays are brief.
_ONE_SHARE, _BRIEF_SHARE = _FIRST_SHARE + _SHORTENING_SHARE, 0.1
# The last part of the seconds, in which the calls of what was confirmed last become commands.
_COMMANDS_SHARE = 0.03
# What a system has to come to rest after the run: as much of the seconds, whatever is left.
_REST_SHARE = 0.05


@dataclass(slots=True)
class CampaignBudget:
    """Calls and seconds that a campaign may still use.

    Attributes:
        options: Say how many calls and seconds there are.
        executor: Makes the calls, and counts them.
        clock: Seconds on a monotonic clock.
        sweeping: Whether the first sweep is under way, for which the phases have to be brief.
        put_off: Suspicions that wait to be replayed until the calls are made.
        kept: As many of them are replayed after pauses.
        searched: Whether the calls are made, so that what is left is for replays.
    """

    options: CampaignOptions
    executor: Executor
    clock: Callable[[], float] = field(default_factory=lambda: time.monotonic)
    began: float = field(init=False)
    sweeping: bool = False
    put_off: int = 0
    kept: int = 0
    searched: bool = False
    _judging_a_call: float = 0.0
    _judged: int = 0

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def ends(self) -> float:
        """Return when the last call may be made, on the clock."""
        return self.began + self.options.seconds

    @property
    def last_replay(self) -> float:
        """Return when the last replay may be made: its calls are made once more as commands."""
        return self.ends - _COMMANDS_SHARE * self.options.seconds

    def elapsed(self) -> float:
        """Return the seconds since the campaign began."""
        return self.clock() - self.began

    def used(self, waiting: int, briefest: int = 0) -> float:
        """Return the part of the calls or of the seconds that is used, or kept for what follows.

        Args:
            waiting: Calls that phases want which have not had a turn.
            briefest: Calls without which these phases cannot begin.
        """
        few = self.options.calls < FEW_CALLS
        most = _MOST_OF_FEW if few else _MOST_FOR_PHASES
        most = _PHASES_AFTER_SWEEP if self.sweeping else most
        # A rule that is under way makes its calls: the search stops a few calls late.
        late = 0.0 if self.sweeping or not briefest else _LATE_CALLS * self.options.calls
        needed = min(briefest + late, _MOST_TO_BEGIN * self.options.calls)
        calls = min(max(waiting, needed), max(needed, most * self.options.calls))
        phases = min(waiting * self.seconds_a_call(), most * self.options.seconds)
        return max(
            (self.executor.calls_used + calls) / max(1, self.options.calls),
            (self.elapsed() + phases + self.for_replays() + self.for_judging())
            / self.options.seconds,
        )

    def search_is_over(self, waiting: int, briefest: int = 0) -> bool:
        """Return whether the search must stop for what comes after it.

        Args:
            waiting: Calls that phases want which have not had a turn.
            briefest: Calls without which these phases cannot begin.
        """
        return self.used(waiting, briefest) >= 1.0

    def seconds_a_call(self) -> float:
        """Return how long a call has taken so far, with all that is done about it."""
        made = self.executor.calls_in_all
        return self.elapsed() / made if made else 0.0

    def calls_left(self) -> int:
        """Return how many calls may still search."""
        return max(0, self.options.calls - self.executor.calls_used)

    def for_replays(self) -> float:
        """Return the seconds that are kept for replaying what is suspected last."""
        wanted = max(1, self.put_off) * _CALLS_TO_CONFIRM * self.seconds_a_call()
        most = _MOST_FOR_PAUSES if self.kept else _MOST_FOR_REPLAYS
        wanted += self.kept * _PAUSES_SECONDS
        return min(wanted, most * self.options.seconds)

    def judged(self, seconds: float, calls: int) -> None:
        """Note how long it took to judge the calls that were made since the last time.

        Args:
            seconds: That it took.
            calls: That were judged.
        """
        self._judging_a_call = max(seconds / max(1, calls), self._judging_a_call)
        self._judged = self.executor.calls_made

    def for_judging(self) -> float:
        """Return the seconds that are kept for judging the calls that were made since."""
        wanted = self._judging_a_call * (self.executor.calls_made - self._judged)
        return min(wanted, _MOST_FOR_JUDGING * self.options.seconds)

    def first_seconds(self) -> float:
        """Return the seconds in which a suspicion must show again."""
        return max(_LEAST_SECONDS, _FIRST_SHARE * self.options.seconds)

    def shortening_seconds(self) -> float:
        """Return the seconds that shortening one script may take."""
        most = min(self.options.shortening, _SHORTENING_SHARE * self.options.seconds)
        return max(_LEAST_SECONDS, most)

    def shortening_calls(self) -> int:
        """Return how many calls shortening one script may take."""
        return min(_MOST_SHORTENING, max(_LEAST_SHORTENING, self.options.calls))

    def hurries_replays(self) -> bool:
        """Return whether replays have taken so long that the campaign's calls need what is left."""
        return self._calls_need_the_rest() and self._replayed() >= _MOST_REPLAYING

    def puts_off_replays(self) -> bool:
        """Return whether replays have had their share, so that they wait until calls are made."""
        return self._calls_need_the_rest() and self._replayed() >= _ALL_REPLAYING

    def one_replayed_by(self) -> float:
        """Return when the replays of a suspicion that is taken up now must be over, on the clock.

        What was made of it until then stands; the calls that are left to make come before the rest.
        """
        if self.searched:
            # One of several must not take it from the others.
            left = max(_LEAST_SECONDS, (self.last_replay - self.clock()) / min(2, 1 + self.put_off))
            return min(self.last_replay, self.clock() + left)
        share = _ONE_SHARE
        if self._calls_need_the_rest():
            share = _BRIEF_SHARE if self.hurries_replays() else share
            share = min(share, _ALL_REPLAYING - self._replayed())
        seconds = max(_LEAST_SECONDS, share * self.options.seconds)
        return min(self.last_replay, self.clock() + seconds)

    def _replayed(self) -> float:
        """Return the part of the seconds that replays have taken."""
        return self.executor.replay_seconds / self.options.seconds

    def _calls_need_the_rest(self) -> bool:
        made, left = self.executor.calls_made, self.calls_left()
        if not made or not left:
            return False
        each = (self.elapsed() - self.executor.replay_seconds) / made
        return self.elapsed() + each * left > _FOR_CALLS * self.options.seconds

    def seconds_left(self) -> float:
        """Return the seconds that are left without those for replays."""
        return max(0.0, self.options.seconds - self.elapsed() - self.for_replays())

    def rest_seconds(self) -> float:
        """Return the seconds that the system has to come to rest when the run is over."""
        left = self.options.seconds - self.elapsed()
        return max(left, _REST_SHARE * self.options.seconds)
