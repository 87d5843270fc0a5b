"""First round: each rule once, before the survey and before anything is searched at random.

The search runs rules as they are drawn, and comes last. What one rule alone makes, as two users who
meet at one idempotency key, would wait for it until a short campaign is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from random import Random

from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.rules import SETUP
from crosstalk.generator.rules.attacks.foreign_cursor import ForeignCursor
from crosstalk.generator.rules.attacks.idempotency_collision import IdempotencyCollision
from crosstalk.generator.rules.attacks.lost_access import LostAccess
from crosstalk.generator.rules.attacks.other_spellings import OtherSpellings
from crosstalk.generator.rules.attacks.stream_resumption import StreamResumption
from crosstalk.generator.rules.attacks.undeclared_fields import UndeclaredFields
from crosstalk.generator.rules.attacks.wildcard_identity import WildcardIdentity
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.rules.comparisons.cached_read import CachedRead
from crosstalk.generator.rules.comparisons.kept_as_file import KeptAsFile
from crosstalk.generator.rules.comparisons.same_prompt import SamePrompt
from crosstalk.generator.rules.comparisons.stale_read import StaleRead
from crosstalk.generator.rules.situations.broken_body import BrokenBody
from crosstalk.generator.rules.situations.broken_constraint import BrokenConstraint
from crosstalk.generator.rules.situations.equal_words import EqualWords
from crosstalk.generator.rules.situations.honest_change import HonestChange
from crosstalk.generator.rules.situations.last_page import LastPage
from crosstalk.generator.rules.situations.later import Later
from crosstalk.generator.rules.situations.notifications import Notifications
from crosstalk.generator.rules.situations.second_order import SecondOrder
from crosstalk.generator.rules.situations.self_description import SelfDescription
from crosstalk.surface.capabilities import Capabilities

# The part of a campaign's calls that it may use.
_SHARE = 0.12
# What first look, sweep and survey make is left out. What shows most for its calls comes first.
ROUND: tuple[Rule, ...] = (
    IdempotencyCollision(),
    CachedRead(),
    WildcardIdentity(),
    OtherSpellings(),
    EqualWords(),
    BrokenBody(),
    SamePrompt(),
    ForeignCursor(),
    UndeclaredFields(),
    SecondOrder(),
    HonestChange(),
    StaleRead(),
    KeptAsFile(),
    Notifications(),
    StreamResumption(),
    SelfDescription(),
    LastPage(),
    LostAccess(),
)
# What waits, and what makes very many calls: after what a policy asks for.
LONG_ROUND: tuple[Rule, ...] = (Later(), BrokenConstraint())


class FirstRound:
    """Runs each rule once.

    Args:
        state: What it shares with the examples.
        random: Makes the choices.
        calls: Calls that the campaign means to make.
        rules: Those that run, in this order.
    """

    def __init__(
        self,
        state: GeneratorState,
        random: Random,
        calls: int,
        rules: Sequence[Rule] = ROUND,
    ) -> None:
        self._state = state
        self._random = random
        self._most = int(_SHARE * calls)
        self._rules = rules
        self._capabilities = Capabilities.of(list(state.executor.operations.values()))

    def run(self) -> None:
        """Run them, in one example until a suspicion is replayed on the system."""
        begun = self._state.executor.calls_made
        example: ExampleRun | None = None
        with rule_errors_stop_the_run():
            try:
                for rule in self._rules:
                    made = self._state.executor.calls_made - begun
                    if self._state.stopped() or made >= self._most:
                        break
                    if self._state.rule_runs[rule.name]:
                        continue
                    if example is None or example.over:
                        if example is not None:
                            example.end()
                        example = ExampleRun(self._state, self._capabilities)
                        drawn_once(partial(SETUP.run, example), self._random)
                    if rule.applies(example):
                        self._state.rule_runs[rule.name] += 1
                        drawn_once(partial(rule.run, example), self._random)
                        example.judge()
            finally:
                if example is not None:
                    example.end()
