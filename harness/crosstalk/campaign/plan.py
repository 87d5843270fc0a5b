"""Parts of a campaign's plan, in the order of what they show for their calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from crosstalk.campaign.budget import FEW_CALLS
from crosstalk.generator.plan.first_round import LONG_ROUND, FirstRound
from crosstalk.generator.plan.named_by_strangers import NamedByStrangers
from crosstalk.generator.plan.near_names import NearNames
from crosstalk.generator.plan.near_shares import NearShares
from crosstalk.generator.plan.sweep import Sweep
from crosstalk.generator.plan.whole_lists import WholeLists
from crosstalk.generator.survey.survey import Survey
from crosstalk.targets.base import Target

# Runs of the rules for what is reserved, and for fields that give a right, that come early.
_FIRST_PRIVILEGES = 2
# Calls that must be to spare for users with nearly equal names to come early.
_CALLS_OF_NEAR_NAMES = 400
# Calls that must be to spare for two users to store in turn, and for one to read every list.
_CALLS_OF_WHOLE_LISTS = 1000


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One part of the plan.

    Attributes:
        name: What listeners are told that begins.
        play: Makes its calls; None where the phases that are behind get their turns instead.
        when: Returns whether it is worth its calls at the time when it would begin.
        sweeping: Whether it comes before the phases, which have to be brief for it.
    """

    name: str
    play: Callable[[], None] | None
    when: Callable[[], bool] = _always
    sweeping: bool = False


_PHASES_BEHIND = PlanPart("phases", None)


def plan_of(
    target: Target,
    sweep: Sweep,
    survey: Survey,
    calls: int,
    forms_to_try: Callable[[], int],
    closer_look: Callable[[], None],
) -> Iterator[PlanPart]:
    """Yield the parts of the plan that come after the first look.

    Args:
        target: The system under test.
        sweep: Makes opportunities, one after the other.
        survey: Tries another's objects in every form.
        calls: Calls that the campaign means to make.
        forms_to_try: Has the next examples take each form of nearly equal names once; returns how
            many these are.
        closer_look: Makes what the first look has left for later, if it has.
    """
    policy = target.policy
    sharing = policy if policy is not None and policy.shares else None
    # Nothing else serves what disables an account, and a few calls give each oracle of a policy
    # its opportunity: they wait for nothing that takes many.
    suspending = policy is not None and bool(policy.suspends)
    few = calls < FEW_CALLS
    if sharing is not None:
        share_one = partial(sweep.share, sharing, 1)
        yield PlanPart("sharing", share_one, sweep.shares_early, sweeping=True)
    yield PlanPart(
        "nearly equal users",
        NearNames(sweep.state, sweep.random, forms_to_try).run,
        partial(_meets_near_names, sweep),
        sweeping=True,
    )
    yield PlanPart(
        "closer look", closer_look, partial(looks_closer_later, target, sweep), sweeping=True
    )
    if suspending:
        yield PlanPart("accounts", sweep.suspend, sweep.suspends_early, sweeping=True)
    by_strangers = NamedByStrangers(sweep.state, sweep.random)
    yield PlanPart("named by strangers", by_strangers.run, by_strangers.applies, sweeping=True)
    yield PlanPart("first sweep", sweep.run, sweeping=True)
    if suspending:
        # Of few calls the phases' larger part would leave none for it.
        yield PlanPart("accounts", sweep.suspend, lambda: not sweep.suspends_early(), sweeping=True)
    if policy is not None:
        yield PlanPart("rights", sweep.likely_rights)
        yield PlanPart("first privileges", partial(sweep.privileges, _FIRST_PRIVILEGES))
    if few and sharing is not None:
        # What is meant for others shows most where it is taken back, and nothing else does so.
        yield PlanPart("sharing", partial(sweep.share, sharing, 1))
    # Another's object in every form comes before what rules make by chance.
    yield PlanPart("survey", survey.run)
    yield PlanPart("first round", FirstRound(sweep.state, sweep.random, calls).run)
    if sharing is not None:
        yield PlanPart("sharing", partial(sweep.share, sharing, len(sharing.shares)))
        near_shares = NearShares(sweep.state, sweep.random, forms_to_try, sharing)
        shares_alike = bool(target.neighbours) and _meets_near_names(sweep)
        yield PlanPart("sharing among nearly equal users", near_shares.run, lambda: shares_alike)
    # Second pages, limits and what is pruned are out of reach of everything before it.
    yield PlanPart("many of a kind", partial(sweep.flood, 1), sweep.floods_early)
    long_round = FirstRound(sweep.state, sweep.random, calls, LONG_ROUND)
    yield PlanPart("long round", long_round.run)
    yield PlanPart(
        "lists to their end",
        WholeLists(sweep.state, sweep.random).run,
        partial(sweep.affords, _CALLS_OF_WHOLE_LISTS),
    )
    # What asks a model so often needs its seconds.
    yield PlanPart("many of a kind", partial(sweep.flood, 2), lambda: not few)
    # What only they show would otherwise wait for the whole plan.
    yield _PHASES_BEHIND
    yield PlanPart("many of a kind", sweep.flood)
    if policy is not None:
        yield PlanPart("privileges", sweep.privileges)
    yield _PHASES_BEHIND
    if sharing is not None:
        yield PlanPart("sharing", partial(sweep.share, sharing))


def looks_closer_later(target: Target, sweep: Sweep) -> bool:
    """Return whether the closer look waits for parts that show more for their calls.

    It stores everything once more then, and is not worth that where calls are few.
    """
    near = bool(target.neighbours) and _meets_near_names(sweep)
    return changes_later(target, sweep) or (near and not sweep.is_brief)


def changes_later(target: Target, sweep: Sweep) -> bool:
    """Return whether the first share has its life before others change what is a user's.

    The closer look, which follows, has them change it in any case.
    """
    shares = target.policy is not None and bool(target.policy.shares)
    return shares and sweep.shares_early() and not sweep.is_brief


def _meets_near_names(sweep: Sweep) -> bool:
    return sweep.affords(_CALLS_OF_NEAR_NAMES) and not sweep.is_brief
