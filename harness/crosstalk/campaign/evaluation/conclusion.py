"""Conclusion of a campaign: what it could not say, its verdict, and the result."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crosstalk.campaign.budget import CampaignBudget
from crosstalk.campaign.evaluation.counts import CampaignCounts
from crosstalk.campaign.evaluation.findings import FindingsRecord
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.scheduler import PhaseScheduler
from crosstalk.campaign.selection import chosen_names, oracle_names
from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Outcome as Answered
from crosstalk.core.verdict import RUN, Inconclusive, InconclusiveKind, verdict_of
from crosstalk.execution.executor import Executor
from crosstalk.execution.quiescence import PATIENCE_SECONDS, what_is_left
from crosstalk.generator.plan.sweeping.context import CALLS_AN_OPERATION
from crosstalk.generator.situations import situations_not_made
from crosstalk.oracles import oracles_under
from crosstalk.oracles.controls import coverage_of
from crosstalk.phases.limits.phase import LimitsPhase
from crosstalk.targets.base import Target

# Where so large a part of the calls was throttled, the rest is too little to acquit.
_LIMITED_SHARE = 0.25
# An operation of which more was throttled is told apart, and does not count for the rest.
_USELESS_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Makes a campaign's result of what was recorded while it ran.

    Attributes:
        target: The system under test.
        executor: Made the calls.
        scheduler: Gave the phases their turns.
        record: What was found, and what stayed open.
        counts: What the calls could have shown.
    """

    target: Target
    executor: Executor
    scheduler: PhaseScheduler
    record: FindingsRecord
    counts: CampaignCounts

    def result(
        self, unsteady: Sequence[Inconclusive], *, budget: CampaignBudget, ended_early: bool
    ) -> CampaignResult:
        """Return the result of the run.

        Args:
            unsteady: Readings that the calibration could not rely on.
            budget: What the campaign was given, and how much of it is left.
            ended_early: Whether the run was cut off, so that the target is not asked any more.
        """
        not_applicable = {**self.target.not_applicable, **self.scheduler.obstacles}
        patience = min(PATIENCE_SECONDS, budget.rest_seconds())
        left = None if ended_early else what_is_left(self.target.left, patience=patience)
        oracles = chosen_names(budget.options.oracles)
        inconclusive = [
            *unsteady,
            *self.record.inconclusive,
            *self.counts.service.inconclusive(),
            *self._not_drawn(),
            *self.target.untried,
            *self._without_opportunity(not_applicable, oracles),
            *self._throttled(),
            *self._policy_untried(oracles),
            *(
                Inconclusive(InconclusiveKind.NOT_QUIESCENT, RUN, f"not quiescent: {each}")
                for each in left or ()
            ),
        ]
        # What makes all other findings matter less comes first.
        findings = sorted(
            self.record.findings, key=lambda each: each.rule is not BrokenRule.UNPROVEN
        )
        return CampaignResult(
            verdict=verdict_of(findings, inconclusive),
            calls=self.executor.calls_made,
            replay_calls=self.executor.replay_calls,
            seconds=budget.elapsed(),
            seed=budget.options.seed,
            findings=findings,
            controls={name: each.judged_by(oracles) for name, each in self.counts.controls.items()},
            inconclusive=inconclusive,
            calls_to_finding=self.record.calls_to_finding,
            not_applicable=not_applicable,
            coverage=coverage_of(self.executor.operations, self.counts.controls),
            left=left,
            skipped=self.target.skipped,
            situations=self.counts.situations,
            situations_not_made=situations_not_made(self.counts.situations, self.target),
            short=self.scheduler.short(),
            needed=self._needed(budget.options.calls),
            public=tuple(self.counts.service.public()),
            limited=dict(sorted(self.executor.limited.items())),
            times=self.counts.time_differences(),
            suggestions=self.scheduler.knowledge.suggestions(),
            policy=self.counts.matrix,
            not_chosen=tuple(
                each for each in oracle_names(self.target.policy is not None) if each not in oracles
            ),
        )

    def _needed(self, given: int) -> int:
        """Return about how many calls serve every operation; 0 where as many were given."""
        needed = 10 * math.ceil(CALLS_AN_OPERATION * len(self.executor.operations) / 10)
        return needed if given < needed else 0

    def _not_drawn(self) -> Iterator[Inconclusive]:
        for (name, parameter), why in sorted(self.scheduler.knowledge.undrawn.items()):
            text = f"no value of its required argument {parameter!r} can be drawn ({why})"
            operation = self.executor.operations[name]
            if any(each.required and each.name == parameter for each in operation.parameters):
                yield Inconclusive(InconclusiveKind.NOT_UNDERSTOOD, name, text)

    def _without_opportunity(
        self, not_applicable: Mapping[str, str], oracles: Collection[str]
    ) -> Iterator[Inconclusive]:
        judging = oracles_under(self.target.policy)
        names = [*(each.name for each in judging), *(each.name for each in self.scheduler.phases)]
        for name in names:
            could = any(control.oracles.get(name) for control in self.counts.controls.values())
            # A system without a limit has none to share: the situation says that none was met.
            if name == LimitsPhase.name:
                continue
            if name in oracles and name not in not_applicable and not could:
                yield Inconclusive(
                    InconclusiveKind.NO_OPPORTUNITY, name, "the oracle had no opportunity to fire"
                )

    def _policy_untried(self, oracles: Collection[str]) -> Iterator[Inconclusive]:
        """Say where a policy was not put to the test: a refusal that was never provoked."""
        policy, matrix = self.target.policy, self.counts.matrix
        if policy is None or matrix is None:
            return
        kind = InconclusiveKind.NO_OPPORTUNITY
        if not matrix.refused_tried():
            yield Inconclusive(kind, "policy", "nothing that the policy refuses was tried")
        for name in sorted(self.executor.operations):
            reserve = policy.reserved(name)
            control = self.counts.controls.get(name)
            if reserve is None or "function" not in oracles:
                continue
            if control is None or not control.oracles.get("function"):
                yield Inconclusive(
                    kind,
                    name,
                    "no user with the right was served by it and none without it tried, as "
                    f"“{reserve}” would have it",
                )

    def _throttled(self) -> Iterator[Inconclusive]:
        """Say which operations a limit made useless, and whether the rest is too little."""
        limits, called = self.executor.limited, self.executor.called
        unserved = self.counts.service.unserved()
        mostly = [
            name for name, count in sorted(limits.items()) if count > called[name] * _USELESS_SHARE
        ]
        for name in mostly:
            control = self.counts.controls.get(name)
            # What was served in between could be judged.
            if name not in unserved and not (control and control.own_reads):
                yield Inconclusive(
                    InconclusiveKind.THROTTLED,
                    name,
                    f"{limits[name]} of {called[name]} calls were refused for being too many "
                    "(429), and none showed a user their own",
                )
        made = self.executor.calls_in_all - sum(called[name] for name in mostly)
        limited = self.executor.outcomes[Answered.LIMITED] - sum(limits[each] for each in mostly)
        if limited > made * _LIMITED_SHARE:
            yield Inconclusive(
                InconclusiveKind.THROTTLED,
                RUN,
                f"{limited} of {made} calls were refused for being too many (429)",
            )
