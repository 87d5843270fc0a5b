"""First look: before anything else each plain way across is tried once, on every surface.

One user stores something, and a newcomer reads again what showed nothing before; each spoiled
credential is presented once. Another user asks for what is the first one's and for what the server
says about itself, changes what is the first one's and removes it; and the first reads again. Most
leaks are plain, and show by then. Then what was named is asked for where it does not exist.

The closer look follows, at once or after other parts of a plan that show more for their calls:
every spoiled credential is presented on every surface; the first user reads while another reads as
well, who stores something too, asks as an impostor and a stranger do; and the first reads again.
The sweep makes nothing of it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from crosstalk.core.history import Actor, History, Probe
from crosstalk.core.policy.model import matches
from crosstalk.core.principals import forger
from crosstalk.execution.executor import PlannedCall
from crosstalk.execution.fixtures import NEWCOMERS, before_all
from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.arrangement import Arrangement, changes, makers
from crosstalk.generator.examples.claimed_identity import claims, without_credential
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.honest_calls import read_again
from crosstalk.generator.examples.readings import Reading
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.examples.tenants import apart
from crosstalk.generator.plan.beginnings import search_by_beginnings
from crosstalk.generator.plan.look_readings import (
    details_read,
    left_to_the_sweep,
    lists_read,
    one_a_kind,
    one_a_surface,
    unsaid,
)
from crosstalk.generator.plan.naming import Naming
from crosstalk.generator.plan.public_pages import visit
from crosstalk.generator.plan.stored_inside import store_inside
from crosstalk.generator.rules.attacks.stream_resumption import ask_again
from crosstalk.generator.rules.situations.self_description import (
    descriptive,
    read_descriptions,
    read_lists_of_itself,
)
from crosstalk.generator.shares.sharing_served import by_sharing_alone
from crosstalk.generator.survey.names import store_in_freed_words, store_in_words_of_another
from crosstalk.generator.survey.refused import name_with_bad_values
from crosstalk.generator.survey.undeclared import give
from crosstalk.surface.capabilities import (
    Capabilities,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Role

# Calls that store something inside what a user has stored.
_MOST_INSIDE = 4
# Calls by which the attacker gives something to the victim, where answers show whose things are.
_MOST_GIVEN = 4


class FirstLook:
    """Makes the calls of one first look.

    Args:
        state: What it shares with the examples.
        random: Makes the choices.
    """

    def __init__(self, state: GeneratorState, random: Random) -> None:
        self._state = state
        self._random = random
        self._capabilities = Capabilities.of(list(state.executor.operations.values()))
        self._naming = Naming(random)
        self._says_bad_values = False
        self._described = False

    def run(
        self, begun: History | None = None, *, closely: bool = True, changing: bool = True
    ) -> None:
        """Make them in one example, which ends when a suspicion is replayed on the system.

        Args:
            begun: What a newcomer, the last of all users, has read of their lists so far, to be
                gone on with.
            closely: Whether the closer look follows at once; otherwise it is made by `closer`.
            changing: Whether the attacker reads what the server says about itself, and changes and
                removes what is the victim's, before that; otherwise it is left to the closer look.
        """

        def look(users: Arrangement) -> None:
            # Impostors claim to be the first of all users.
            if begun is None:
                _read_as_newcomer(users.example)
            self._store(users)
            self._plainly(users, every_way=closely, changing=changing)
            if closely:
                self._closely(users)

        self._in_one_example(look, begun)

    def closer(self) -> None:
        """Make the closer look in an example of its own, where every object is named anew."""

        def look(users: Arrangement) -> None:
            self._naming = Naming(self._random)
            self._store(users)
            if not self._described:
                self._read_descriptions(users)
            self._closely(users)

        self._in_one_example(look)

    def _in_one_example(
        self, look: Callable[[Arrangement], None], begun: History | None = None
    ) -> None:
        members = self._state.principals.members
        if len(members) < 2:
            return
        with rule_errors_stop_the_run():
            example = ExampleRun(self._state, self._capabilities, begun)
            try:
                victim, attacker, *_ = apart(members, example.history.policy)
                look(Arrangement(example, self._random, victim, attacker))
                if not example.over:
                    example.judge()
            finally:
                example.end()

    def _store(self, users: Arrangement) -> None:
        newcomer = self._state.principals.members[-1]
        acting = Probe("ownership", NEWCOMERS, "attack", newcomer.name)
        for operation in self._storing():
            users.use(operation, users.victim, acting)
        for operation in _inside(users.example):
            # A term of a glossary: what names one would be tried with the glossary's id.
            store_inside(users, operation, acting)
        visit(users, users.victim)

    def _plainly(self, users: Arrangement, *, every_way: bool, changing: bool) -> None:
        """Try what takes the fewest calls.

        Args:
            users: Who act.
            every_way: Whether changes are looked for in every way that there is to read an object,
                or in one of each kind.
            changing: Whether descriptions are read and anything is changed.
        """
        newcomer = self._state.principals.members[-1]
        before = Probe("ownership", users.example.next_probe(), "before", users.victim.name)
        lists = self._try_plainly(users, newcomer, before)
        if changing and not users.ended:
            self._read_descriptions(users)
        if changing and not users.ended:
            # Some objects are known only now that their owner has read them.
            details = details_read(users)
            self._change_plainly(
                users, details if every_way else one_a_kind(details), lists, before
            )

    def _closely(self, users: Arrangement) -> None:
        steps = (
            # What was refused in another way than usual has been compared by now.
            self._naming.what_is_missing,
            self._name_with_bad_values,
            self._read_as_others,
            self._present_spoiled,
            self._look_around,
        )
        for step in steps:
            if users.ended:
                return
            step(users)

    def _name_with_bad_values(self, users: Arrangement) -> None:
        """Have the attacker do so once, where objects were named."""
        if not self._says_bad_values:
            self._says_bad_values = name_with_bad_values(users)

    def _try_plainly(self, users: Arrangement, newcomer: Actor, before: Probe) -> Sequence[Reading]:
        """Make what takes the fewest calls: a newcomer's lists show whether one's own are shown to
        every user, or count and keep what others have; one reading tries what stands before a
        whole surface, and one call whether any user may name an object.

        Returns:
            The victim's readings of their lists, which had the probe given.
        """
        example, mine = users.example, list[Reading]()
        # The attacker's own calls end a comparison of what the attacker reads.
        if newcomer != users.attacker:
            self._try_each_surface(users)
        if not users.ended:
            # Each list's owner reads it just before: what is kept by nothing that says whose it is
            # is theirs then.
            lists = [
                each for each in lists_read(users, newcomer) if not required_references(each[0])
            ]
            own = [example.reading(each, users.victim).arguments for each, _ in lists]
            mine = [(each, dict(asked)) for (each, _), asked in zip(lists, own, strict=True)]
            self._read_as_newcomer_again(users, lists, newcomer, before)
        if newcomer == users.attacker:
            self._try_each_surface(users)
        if not users.ended:
            self._present_each_spoiled(users)
        self._naming.the_victims(users, lambda each: each.reads_only)
        ask_again(
            example, users.victim, users.attacker, lambda each: users.own(each, users.attacker)
        )
        example.judge_soon(after=1)
        return mine

    @staticmethod
    def _read_as_newcomer_again(
        users: Arrangement, lists: Sequence[Reading], newcomer: Actor, before: Probe
    ) -> None:
        """Have a newcomer read after the victim, as many lists at once as may be, judged each time.

        Args:
            users: Who act.
            lists: What is read.
            newcomer: Has read them before anything was stored.
            before: Probe of the victim's readings.
        """
        width = max(1, users.example.state.executor.concurrency)
        for start in range(0, len(lists), width):
            if users.ended:
                return
            some = lists[start : start + width]
            read_again(
                users.example,
                some,
                newcomer,
                NEWCOMERS,
                beside=users.victim,
                beside_probe=before,
            )
            users.example.judge_soon(after=1)

    def _change_plainly(
        self,
        users: Arrangement,
        details: Sequence[Reading],
        lists: Sequence[Reading],
        before: Probe,
    ) -> None:
        """Have the attacker change and remove what is the victim's, who reads before and after.

        Args:
            users: Who act.
            details: What the victim reads of single objects.
            lists: Read with the probe already.
            before: That probe.
        """
        example, victim = users.example, users.victim
        asked = [PlannedCall(victim, each.name, given, before) for each, given in details]
        first = example.execute_all(asked)
        self._naming.read_at_once([*details, *lists], before.key)
        self._naming.the_victims(users, lambda each: not (each.reads_only or removes(each)))
        self._naming.the_victims(users, removes)
        self._naming.a_colleagues(users)
        self._change_at_large(users, Probe("ownership", before.key, "attack", victim.name))
        if not users.ended:
            again = read_again(example, [*details, *lists], victim, before.key)
            example.note_steady([*first, *again])
            example.judge_soon(after=1)

    def _read_descriptions(self, users: Arrangement) -> None:
        """Have the attacker and a stranger read them: they may tell what was stored last."""
        self._described = True
        read_descriptions(users.example, descriptive(users.example), users.attacker)
        users.example.judge_soon(after=1)

    def _look_around(self, users: Arrangement) -> None:
        """Have the victim read before and after the attacker acts."""
        example, victim, attacker = users.example, users.victim, users.attacker
        details = details_read(users)
        readings = [*lists_read(users, victim), *details]
        key = example.next_probe()
        before = Probe("ownership", key, "before", victim.name)
        # What is kept or mixed up shows the victim's to who reads next, or at the same time.
        example.read_twice(readings, victim, before, beside=attacker)
        read_lists_of_itself(example, details, attacker)
        example.judge_soon(after=1)
        if users.ended:
            return
        acting = Probe("ownership", key, "attack", victim.name)
        # What the other stores is no reason for the victim's readings to change. It is more than
        # the victim's, so that a count of the one's is not the other's.
        for operation in (*self._storing(), *self._capabilities.creators):
            users.use(operation, attacker, acting)
        visit(users, attacker, acting)
        example.judge_soon(after=1)
        # What reads comes before what changes, and what removes last. Some objects were not known
        # before their owner had read them.
        self._naming.the_victims(users, lambda each: each.reads_only)
        self._naming.the_victims(users, lambda each: not (each.reads_only or removes(each)))
        self._naming.behind_own(users, acting)
        self._naming.the_victims(users, removes)
        self._change_at_large(users, acting)
        give(users, key, _MOST_GIVEN)
        if not users.ended:
            self._naming.what_is_missing(users)
        if not users.ended:
            # In an example of its own objects have been named only now.
            self._name_with_bad_values(users)
        if not users.ended:
            read_again(example, readings, victim, key, beside=attacker)
            example.judge_soon(after=1)
            # A colleague of the victim's may change what they read, and comes after it.
            self._store_in_their_words(users)
            search_by_beginnings(Arrangement(example, self._random, attacker, victim))
            # Inside of its objects the attacker has stored nothing that would be nearer.
            search_by_beginnings(users, Role.TEXT)
        self._naming.serve_the_owner(users)
        # Last, as the words are the attacker's from then on.
        store_in_freed_words(users)
        users.example.judge_soon(after=1)

    def _store_in_their_words(self, users: Arrangement) -> None:
        """Have a third user store what the attacker has, as it may be refused or kept only once.

        The victim's words stay the victim's, as whoever has said them may be shown them: they are
        said for what stands inside objects alone, of which the attacker has nothing.
        """
        acting = (users.victim, users.attacker)
        for third in [each for each in users.example.members if each not in acting][:1]:
            again = Arrangement(users.example, self._random, users.attacker, third)
            for operation in self._capabilities.creators:
                store_in_words_of_another(again, operation)
            inside = Arrangement(users.example, self._random, users.victim, third)
            for operation in _inside(users.example)[:_MOST_INSIDE]:
                store_in_words_of_another(inside, operation)

    @staticmethod
    def _change_at_large(users: Arrangement, acting: Probe) -> None:
        """Have the attacker make the changes that name no object: they may reach any user's.

        Whoever has stored nothing takes back what another has; what is archived or emptied for all
        may be so only where its caller has something.
        """
        example = users.example
        for operation in changes(example):
            if users.ended:
                return
            if not (required_references(operation) or by_sharing_alone(example, operation)):
                example.execute_spoilt(users.own(operation, users.attacker, acting))
        example.judge_soon(after=1)

    def _storing(self) -> list[Operation]:
        return [*self._capabilities.creators, *self._capabilities.chats]

    def _try_each_surface(self, users: Arrangement) -> None:
        """Have an impostor and a stranger make one reading of each surface, and another user one
        that does not say whose: what is left out may be what the call before had.
        """
        example, victim = users.example, users.victim
        reading = one_a_surface(users, self._reading())
        example.execute_all_spoilt(
            [each for operation in reading for each in unsaid(example, operation, users.attacker)]
        )
        impostor = next((e for e in example.impostors if e.claims == victim.name), None)
        told = [each for each in reading if each.parameter(Role.IDENTITY) is not None]
        if impostor is not None:
            example.execute_all([example.reading(each, impostor) for each in told])
        for stranger in example.state.strangers[:1]:
            example.execute_all(without_credential(users.drawer, stranger, reading))
        example.judge_soon(after=1)

    def _read_as_others(self, users: Arrangement) -> None:
        """Have an impostor and a stranger call everything that reads."""
        example, victim = users.example, users.victim
        acting = Probe("ownership", example.next_probe(), "attack", victim.name)
        surfaces = {each.surface for each in self._capabilities.protected}
        claimed = claims(example, users.drawer, victim, surfaces, acting, only_reads=True)
        for planned in claimed:
            if users.ended:
                return
            example.execute(planned)
            example.judge_soon()
        for stranger in example.state.strangers[:1]:
            if users.ended:
                return
            example.execute_all(without_credential(users.drawer, stranger, self._reading()))
            example.judge_soon(after=1)

    def _present_each_spoiled(self, users: Arrangement) -> None:
        """Have each spoiled credential read by one surface, in turns: what looks at them is often
        the same for all.
        """
        self._present(users, [each[0] for each in self._spoiled()])

    def _present_spoiled(self, users: Arrangement) -> None:
        """Have every spoiled credential read by the other surfaces, each by another operation."""
        self._present(users, [call for each in self._spoiled() for call in each[1:]])

    def _spoiled(self) -> list[list[tuple[str, Operation]]]:
        """Return each kind with what reads on every surface, another surface first each time."""
        by_surface: dict[str, list[Operation]] = {}
        for each in self._reading():
            by_surface.setdefault(each.surface, []).append(each)
        asked = []
        for place, kind in enumerate(self._state.forgeries if by_surface else ()):
            calls = [(kind, each[place % len(each)]) for each in by_surface.values()]
            turn = place % len(calls)
            asked.append([*calls[turn:], *calls[:turn]])
        return asked

    def _present(self, users: Arrangement, asked: Sequence[tuple[str, Operation]]) -> None:
        planned = [
            call
            for kind, operation in asked
            for call in without_credential(users.drawer, forger(kind), [operation])
        ]
        if planned and not users.ended:
            users.example.execute_all(planned)
            users.example.judge_soon(after=1)

    def _reading(self) -> list[Operation]:
        """Return what reads, and needs a credential for it."""
        return [
            each
            for each in self._capabilities.protected
            if each.reads_only and not left_to_the_sweep(each)
        ]


def _inside(example: ExampleRun) -> list[Operation]:
    """Return what stores something inside one object of its owner's, and shares nothing."""
    policy = example.history.policy
    shares = policy.shares if policy is not None else ()
    return [
        each
        for each in makers(example)
        if len(required_references(each)) == 1
        and each.parameter(Role.TEXT) is not None
        and not any(matches(one.opens, each.name) for one in shares)
    ][:_MOST_INSIDE]


def _read_as_newcomer(example: ExampleRun) -> None:
    """Have the last of all users read their lists before any user has stored something."""
    newcomer = example.members[-1]
    lists = [each for each in example.state.observations if not each.descriptive]
    example.execute_all([example.reading(each, newcomer, before_all(newcomer)) for each in lists])
