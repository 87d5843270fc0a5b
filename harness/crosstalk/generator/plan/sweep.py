"""Sweep: every operation served once, and every oracle given its opportunity at it.

It comes before the random search, which on a small budget leaves operations out by chance. A pass
treats what is still lacking, one protocol after the other, each together with those by which
nothing can be stored: every user stores something; a victim
reads; another user stores, and asks for the victim's objects and for ones that do not exist; the
victim reads again, and then makes the same calls, those that delete last. A call that is not served
is made again with other arguments. What one pass could not do, a later one tries with other users.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random

from crosstalk.core.object_kinds import thing_of
from crosstalk.core.policy import Policy
from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.provision import Provision, undoes
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.lacking import Lacking
from crosstalk.generator.plan.sweeping.context import CALLS_AN_OPERATION, PassContext
from crosstalk.generator.plan.sweeping.sweep_pass import run_pass
from crosstalk.generator.rules.attacks.unproven_identity import (
    UnprovenIdentity,
    claim_identity,
)
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.rules.policy.account_disabled import AccountDisabled
from crosstalk.generator.rules.policy.accounts_told import AccountsTold
from crosstalk.generator.rules.policy.privileged_fields import PrivilegedFields
from crosstalk.generator.rules.policy.reserved_call import ReservedCall
from crosstalk.generator.rules.policy.taken_back import TakenBack
from crosstalk.generator.rules.situations.many_objects import ManyObjects
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import Draw, RandomChoice
from crosstalk.surface.capabilities import Capabilities, required_references
from crosstalk.surface.operation import Operation, Parameter, Role

# Passes over what is lacking; the first serves nearly everything.
_PASSES = 4
# Calls without a credential that are made before all owners are served.
_REFUSED_SOON = 2
# Calls of the life of one share, about, and how often each rule for sharing comes at most.
_CALLS_A_SHARE = 200
# Lives that must be affordable for the first to come before all operations are served.
_LIVES_AFFORDED = 2
# Calls an operation beside those that serve it; with fewer, other parts leave out what they can.
_SPARE_AN_OPERATION = 10
# Calls beside those that serve every operation with which accounts come before these.
_CALLS_FOR_ACCOUNTS = 150
_ROUNDS = 2
# Of several kinds at once, by what asks a model, and of one kind more than a page.
_FLOODS = 3
# Calls of one, about, and floods that must be affordable for the first to come early.
_CALLS_A_FLOOD = 250
_FLOODS_AFFORDED = 6
# The part of a campaign's calls for what a policy reserves, and for fields that give a right.
_SHARE_OF_PRIVILEGES = 0.15
# Calls with what would give a right that come before the survey.
_RIGHTS_SOON = 2
# The part of a campaign's calls that all passes but the first may use.
_SHARE = 0.35


@dataclass(slots=True)
class Sweep:
    """Makes the passes of one campaign.

    Attributes:
        state: What it shares with the examples.
        opportunities: Returns oracle name to the operations at which it has had an opportunity.
        random: Makes the choices.
        calls: Calls that the campaign means to make.
        policy: Whose sharing and accounts have parts of their own.
    """

    state: GeneratorState
    opportunities: Callable[[], Mapping[str, Collection[str]]]
    random: Random
    calls: int
    policy: Policy | None = None
    _passes: int = 0
    _lives: int = 0
    _floods: int = 0
    _capabilities: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        operations = list(self.state.executor.operations.values())
        self._capabilities = Capabilities.of(operations)

    def claim_identity(self) -> None:
        """Have a client say to be a user where no credential proves who calls, before all else."""
        with rule_errors_stop_the_run():
            example = ExampleRun(self.state, self._capabilities)
            if not UnprovenIdentity().applies(example):
                return
            self.state.rule_runs[UnprovenIdentity.name] += 1
            choice = RandomChoice(self.random)
            try:
                claim_identity(example, example.drawer_by(choice, HonestDrawer), choice)
            finally:
                example.end()

    def affords(self, calls: int) -> bool:
        """Return whether there are these calls beside those that serve every operation."""
        return self._spare() >= calls

    @property
    def is_brief(self) -> bool:
        """Return whether calls are few beside those that serve every operation."""
        return not self.affords(_SPARE_AN_OPERATION * len(self.state.executor.operations))

    def shares_early(self) -> bool:
        """Return whether a share may have its life before every operation is served."""
        return self.affords(_LIVES_AFFORDED * _CALLS_A_SHARE)

    def suspends_early(self) -> bool:
        """Return whether an account may be disabled before every operation is served."""
        return self.affords(_CALLS_FOR_ACCOUNTS)

    def share(self, policy: Policy, most: int | None = None) -> None:
        """Have things shared and taken back, as a policy says; more often where calls are many.

        Args:
            policy: Says what shares, and what ends it.
            most: Lives of shares until which it goes on, those before included; all by default.
        """
        lives = min(max(1, self._spare() // _CALLS_A_SHARE), _ROUNDS * len(policy.shares))
        rule = TakenBack()
        while self._lives < (lives if most is None else min(lives, most)):
            share = policy.shares[self._lives % len(policy.shares)]
            self._lives += 1
            self._drawn(rule, partial(rule.by_rule, policy=policy, rule=share, brief=self.is_brief))

    def suspend(self) -> None:
        """Have an account disabled and enabled, as a policy says, and see whether offers tell who
        has one.
        """
        rule = AccountDisabled()
        self._drawn(rule, rule.run)
        if not self.is_brief:
            told = AccountsTold()
            self._drawn(told, told.run)

    def likely_rights(self) -> None:
        """Send what would give a right to what shows one, a few times, before the survey."""
        rule = PrivilegedFields()

        def send(example: ExampleRun, draw: Draw) -> None:
            for _ in range(_RIGHTS_SOON):
                # What names no object can be called at once.
                if any(each in self._capabilities.creators for each in rule.likely(example)):
                    rule.send_rights(example, draw)

        if self.state.shows_rights:
            self._drawn(rule, send)

    def privileges(self, runs: int | None = None) -> None:
        """Call what a policy reserves, and send what would give a right, once with each operation.

        Both rules take the operation that they had least; a part of the calls bounds them, and of
        what the sweep of all operations leaves.

        Args:
            runs: How often one of them runs at most; by default with each operation.
        """
        begun = self.state.executor.calls_made
        most = int(min(_SHARE_OF_PRIVILEGES * self.calls, self._spare() / 2))
        rules: tuple[Rule, ...] = (ReservedCall(), PrivilegedFields())
        example = ExampleRun(self.state, self._capabilities)
        if not any(rule.applies(example) for rule in rules):
            return
        with rule_errors_stop_the_run():
            try:
                for number in range(runs or len(rules) * len(self._capabilities.protected)):
                    if self.state.stopped() or self.state.executor.calls_made - begun >= most:
                        break
                    if example.over and len(example.history):
                        example.end()
                        example = ExampleRun(self.state, self._capabilities)
                    if not len(example.history):
                        drawn_once(partial(_store, example), self.random)
                    rule = rules[number % len(rules)]
                    if rule.applies(example):
                        self.state.rule_runs[rule.name] += 1
                        drawn_once(partial(rule.run, example), self.random)
                        example.judge()
            finally:
                example.end()

    def floods_early(self) -> bool:
        """Return whether very many of a kind may be stored before the survey."""
        return self.affords(_FLOODS_AFFORDED * _CALLS_A_FLOOD)

    def flood(self, most: int = _FLOODS) -> None:
        """Have one user store very many of a kind, and ask a model very often, once each.

        Args:
            most: Floods until which it goes on, those before included.
        """
        rule = ManyObjects()
        while self._floods < most and self._drawn(rule, rule.run):
            self._floods += 1

    def _spare(self) -> int:
        """Return the calls that are not needed to have every operation served."""
        needed = int(CALLS_AN_OPERATION * len(self.state.executor.operations))
        return max(0, self.calls - needed)

    def _drawn(self, rule: Rule, run: Callable[[ExampleRun, Draw], None]) -> bool:
        """Run a rule once, in an example of its own; return whether it was time for it."""
        if self.state.stopped():
            return False
        with rule_errors_stop_the_run():
            example = ExampleRun(self.state, self._capabilities)
            if not rule.applies(example):
                return False
            self.state.rule_runs[rule.name] += 1
            try:
                drawn_once(lambda draw: run(example, draw), self.random)
            finally:
                example.end()
        return True

    def run(self) -> None:
        """Make passes until nothing is lacking, or one pass changes nothing."""
        before: list[tuple[str, str]] = []
        begun = self.state.executor.calls_made
        most = begun + int(_SHARE * self.calls)
        for number in range(_PASSES):
            lacking = Lacking.of(self._capabilities, self.state.unserved(), self.opportunities())
            if number:
                lacking = lacking.without(self._left_to_the_policy())
            else:
                lacking = replace(lacking, existence=[*lacking.existence, *self._undoing(lacking)])
            if not lacking.all or lacking.all == before:
                return
            before = lacking.all
            # Where calls are few, a pass that is likely to go beyond its part is not begun.
            made = self.state.executor.calls_made
            expected = (made - begun) // max(1, number)
            if number and made + expected > most:
                return
            groups = surfaces_together(self._capabilities)
            for surfaces in groups:
                if self.state.stopped():
                    return
                part = lacking.on(surfaces)
                if not number:
                    # Where calls are few, every owner is served before any stranger is refused.
                    last = surfaces == groups[-1]
                    soon = part.identity[:_REFUSED_SOON] if surfaces == groups[0] else ()
                    part = replace(part, identity=lacking.identity if last else soon)
                if part.all:
                    self._one(part, surfaces)

    def _undoing(self, lacking: Lacking) -> list[tuple[Operation, Parameter]]:
        """Return what undoes something and was compared before there was anything to undo."""
        return [
            each
            for each in self._capabilities.comparable
            if each not in lacking.existence
            and not each[0].conversational
            and undoes(self.state, each[0])
            and not (self.policy is not None and self.policy.arranges(each[0].name))
        ]

    def serve(self) -> None:
        """Serve owners what was never served, once, with the last calls that there are."""
        self._serve_plainly()
        unserved = self._unserved()
        for surfaces in surfaces_together(self._capabilities):
            part = unserved.on(surfaces)
            if part.all and not self.state.stopped():
                self._one(part, surfaces)

    def _unserved(self) -> Lacking:
        """Return what an owner could have been served by now and was not."""
        lacking = Lacking.of(self._capabilities, self.state.unserved(), {})
        return Lacking(lacking.without(self._left_to_the_policy()).service, (), (), ())

    def _serve_plainly(self) -> None:
        """Have one user make what each call names, and the call: a pass stores for all of them."""
        unserved = self._unserved().service
        if not unserved or self.state.stopped():
            return
        with rule_errors_stop_the_run():
            example = ExampleRun(self.state, self._capabilities)
            first, second = example.members[0], example.members[-1]
            users = Arrangement(example, self.random, first, second)
            provision = Provision.by(example, users.drawer)
            try:
                for operation in sorted(unserved, key=lambda each: len(required_references(each))):
                    if users.ended:
                        break
                    provision.for_call(operation, first)
                    if operation.parameter(Role.QUERY) is not None:
                        self._store_for_search(operation, users)
                    users.use(operation, first)
            finally:
                example.end()

    def _store_for_search(self, operation: Operation, users: Arrangement) -> None:
        """Have a user store something of the kind that is searched, which names nothing itself."""
        creators = self._capabilities.creators
        alike = [each for each in creators if thing_of(each.name) == thing_of(operation.name)]
        for each in (alike or creators)[:1]:
            users.use(each, users.victim)

    def _left_to_the_policy(self) -> set[str]:
        """Return what shares, accepts or disables: the lives of shares and accounts serve it.

        An owner alone can serve little of it, however often a pass tries.
        """
        policy = self.policy
        if policy is None:
            return set()
        return {name for name in self.state.executor.operations if policy.arranges(name)}

    def _one(self, lacking: Lacking, surfaces: Collection[str]) -> None:
        with rule_errors_stop_the_run():
            example = ExampleRun(self.state, self._capabilities)
            context = PassContext(example, lacking, surfaces, self.random, self._passes)
            self._passes += 1
            try:
                run_pass(context)
            finally:
                example.end()


def surfaces_together(capabilities: Capabilities) -> list[list[str]]:
    """Return the surfaces that one pass treats: each that stores, with those that show the same.

    What a resource or an agent shows is stored by a tool or a form: to store it once for all of
    them takes a fraction of the calls.
    """
    operations = Counter(each.surface for each in capabilities.protected)
    storing = {each.surface for each in capabilities.creators}
    if not storing:
        return [sorted(operations)] if operations else []
    groups = {each: [each] for each in sorted(storing)}
    largest = max(sorted(storing), key=operations.__getitem__)
    for surface in sorted(set(operations) - storing):
        server = [each for each in groups if _server(each) == _server(surface)]
        groups[server[0] if server else largest].append(surface)
    return [sorted(each) for each in groups.values()]


def _server(surface: str) -> str:
    """Return the server to which a surface belongs, as its name says."""
    return surface.partition("-")[0]


def _store(example: ExampleRun, draw: Draw) -> None:
    """Have each user store one object of each kind."""
    for operation in example.capabilities.creators:
        plans = [example.plan(draw, operation, each, hostile=False) for each in example.members]
        example.execute_all(plans)
