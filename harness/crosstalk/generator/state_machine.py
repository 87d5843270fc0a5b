"""The generator: a Hypothesis state machine in which three users and a stranger try their luck.

Each example has fresh subjects and a history of its own, judged when the example ends. Rules:

- `live`: somebody uses their own data, which shows that the operations work at all;
- `act`: anybody who has an account calls anything;
- `intrude`: a victim reads their own data, somebody else acts on ids they should not have, the
  victim reads again;
- `impersonate`: the same by somebody who says to be the victim;
- `compare`: one call with another user's id and the same call with a missing one;
- `imitate`: what somebody read or asked a model, repeated by others in the same words;
- `collide`: two users make the same call under the same key, and the first one repeats it; then
  somebody tries that key, and one that nobody has, on an object that nobody has;
- `pretend`: somebody reads as `*` or nobody in particular;
- `leaf`: somebody gets a small page, and others try to read on from there;
- `knock`: calls without a valid credential.

Each example plays some of the rules only, as Hypothesis draws them (swarm testing, Groce et al.
2012): a rule that would undo what another needs is away now and then. The machine only decides
calls. It does not judge them, and never stops at an answer.
"""

from __future__ import annotations

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crosstalk.core.history import Outcome
from crosstalk.core.principals import forger
from crosstalk.execution.executor import Planned
from crosstalk.generator.arguments import EVERYBODYS_IDS
from crosstalk.generator.example_run import Play, comparable
from crosstalk.generator.idempotency_keys import collision
from crosstalk.generator.rules.same_prompt import echo
from crosstalk.generator.rules.stale_read import follow
from crosstalk.generator.state import Stage
from crosstalk.surface.capabilities import Kinds, required_references
from crosstalk.surface.operation import Role

# Calls by which each user of an example uses what has been used least.
_HONEST_CALLS = 2
# Lists that a user, and an impostor, look at when an example begins.
_LOOKS = 3
_MISSED = 2
_RULES = (
    "knock",
    "compare",
    "intrude",
    "impersonate",
    "pretend",
    "imitate",
    "collide",
    "leaf",
    "follow",
    "echo",
)
_STEPS_BETWEEN_JUDGEMENTS = 3


def make_machine(stage: Stage) -> type[RuleBasedStateMachine]:
    """The state machine class that plays on this stage."""
    operations = list(stage.performer.operations.values())
    members, impostors = stage.principals.members, stage.principals.impostors
    strangers = [*stage.principals.strangers, *(forger(kind) for kind in stage.forgeries)]
    kinds = Kinds.of(operations)
    pairs = comparable(kinds.protected)
    stage.steady.update(each.name for each in stage.observations)

    class Campaign(RuleBasedStateMachine):
        """One example: some users, their data, and what they try."""

        def __init__(self) -> None:
            super().__init__()
            self.play: Play | None = None
            self.steps = 0

        @initialize(data=st.data(), draw=st.integers(0, 2**16))
        def settle(self, data: st.DataObject, draw: int) -> None:
            """Everybody stores something, so that there is something to lose."""
            # Hypothesis tries the simplest of all examples first, which is always the same.
            if stage.stopped() or not draw:
                reject()
            self.play = play = Play(stage, kinds)
            # One of each kind by one protocol: the other protocol sees the same rows.
            surfaces = sorted({each.surface for each in kinds.creators})
            surface = data.draw(st.sampled_from(surfaces)) if surfaces else None
            for operation in kinds.creators:
                if operation.surface == surface:
                    play.perform_all(
                        [play.plan(data.draw, operation, each, hostile=False) for each in members]
                    )
            if kinds.chats:
                chat = play.rarest_operation(data.draw, "settle", kinds.chats)
                play.perform_all(
                    [play.plan(data.draw, chat, each, hostile=False) for each in members]
                )
            # What shows whole lists is looked at by somebody else at once.
            lists = [each for each in kinds.protected if each.lists]
            looked = []
            for actor in (data.draw(st.sampled_from(members)), *impostors) if lists else ():
                for _ in range(_LOOKS):
                    listing = play.rarest_operation(data.draw, f"look {actor.name}", lists)
                    looked.append(play.reading(listing, actor))
            play.perform_all(looked)
            play.judge()
            # Whatever rules this example plays, no operation goes without honest use for long.
            for _ in range(_HONEST_CALLS):
                play.honestly(data.draw, members)
            # What swarms have left out so far is played once, whatever this one leaves out.
            missed = sorted(_RULES, key=lambda name: stage.played[name])[:_MISSED]
            for name in missed:
                getattr(self, name)(data=data)

        @rule(data=st.data())
        def act(self, data: st.DataObject) -> None:
            play = self.enter("act")
            if play is None:
                return
            for _ in range(data.draw(st.integers(1, 4))):
                actor = data.draw(st.sampled_from((*members, *impostors)))
                operation = data.draw(st.sampled_from(kinds.protected))
                play.perform(play.plan(data.draw, operation, actor))

        @rule(data=st.data())
        def live(self, data: st.DataObject) -> None:
            """Honest use of one's own data: without it nothing else means anything."""
            play = self.enter("live")
            if play is None:
                return
            # First something new, that the others may then refer to.
            makers = [*kinds.creators, *kinds.chats]
            if data.draw(st.booleans()) and makers:
                operation = play.rarest_operation(data.draw, "live", makers)
                actor = data.draw(st.sampled_from(members))
                play.perform(
                    play.plan(data.draw, operation, actor, sources=("own",), hostile=False)
                )
            play.honestly(data.draw, members)

        @rule(data=st.data())
        def intrude(self, data: st.DataObject) -> None:
            """One user reaches for another's data."""
            play = self.enter("intrude")
            if play is None or not stage.observations:
                return
            # Twice: it is what the others only lead to.
            for _ in range(2):
                attacker = data.draw(st.sampled_from(members))
                victim = data.draw(st.sampled_from([each for each in members if each != attacker]))
                play.assail(data.draw, attacker, victim)

        @rule(data=st.data())
        def impersonate(self, data: st.DataObject) -> None:
            """Somebody reaches for the data of the user they say to be."""
            play = self.enter("impersonate")
            if play is None or not stage.observations or not impostors:
                return
            attacker = data.draw(st.sampled_from(impostors))
            (victim,) = (each for each in members if each.name == attacker.claims)
            play.assail(data.draw, attacker, victim)

        @rule(data=st.data())
        def compare(self, data: st.DataObject) -> None:
            play = self.enter("compare")
            if play is None or not pairs:
                return
            # Two calls settle one parameter: the cheapest question that there is.
            for _ in range(data.draw(st.integers(4, 8))):
                actor = data.draw(st.sampled_from(members))
                victim = data.draw(st.sampled_from([each for each in members if each != actor]))
                known = [
                    (operation, each)
                    for operation, each in pairs
                    if play.pool.references(victim.name, each, operation.name)
                ]
                if not known:
                    continue
                operation, parameter = play.rarest(
                    data.draw, "compare", known, lambda each: (each[0].name, each[1].name)
                )
                owner, calls = play.comparison(data.draw, actor, victim, operation, parameter)
                # What the owner was shown may be kept for whoever asks next.
                if owner is not None and data.draw(st.integers(0, 3)) > 0:
                    play.perform(owner)
                for each in calls:
                    play.perform(each)

        @rule(data=st.data())
        def collide(self, data: st.DataObject) -> None:
            play = self.enter("collide")
            if play is None or not kinds.keyed:
                return
            for _ in range(data.draw(st.integers(1, 2))):
                operation = play.rarest_operation(data.draw, "collide", kinds.keyed)
                first = data.draw(st.sampled_from(members))
                for actor, arguments, probe in collision(
                    operation,
                    play.drawer(data.draw).arguments(
                        operation, first, references=("own",), hostile=False
                    ),
                    first,
                    data.draw(st.sampled_from([each for each in members if each is not first])),
                    subjects=play.history.subjects,
                    plant=stage.plant,
                    nobodys_id=str(data.draw(st.uuids(version=4))),
                    probe=play.next_probe(),
                ):
                    play.perform(Planned(actor, operation.name, arguments, probe))

        @rule(data=st.data())
        def imitate(self, data: st.DataObject) -> None:
            """What one user has read or asked a model, asked by another in the same words."""
            play = self.enter("imitate")
            if play is None:
                return
            repeatable = {each.name: each for each in (*kinds.details, *kinds.chats)}
            done = [
                call
                for call in play.history
                if call.operation in repeatable
                and call.actor in members
                and call.answer.outcome is Outcome.OK
            ]
            for _ in range(data.draw(st.integers(1, 4)) if done else 0):
                # The latest ones above all: what is kept may be kept for a while only.
                call = play.rarest(data.draw, "imitate", done[-8:], lambda each: (each.operation,))
                others = [each for each in members if each is not call.actor]
                attacker = data.draw(st.sampled_from(others))
                mine = {
                    each.name: play.history.subjects[attacker.claims]
                    for each in repeatable[call.operation].parameters
                    if each.role is Role.IDENTITY and each.name in call.arguments
                }
                play.perform(Planned(attacker, call.operation, {**call.arguments, **mine}))

        @rule(data=st.data())
        def knock(self, data: st.DataObject) -> None:
            play = self.enter("knock")
            if play is None or not strangers:
                return
            planned = []
            # Refusals are cheap: nothing is reached behind the door.
            for _ in range(data.draw(st.integers(3, 6))):
                operation = play.rarest_operation(data.draw, "knock", operations)
                actor = play.rarest(data.draw, "knocker", strangers, lambda each: (each.name,))
                # Whoever has nothing at all to show tries everything, too.
                planned += [
                    play.plan(data.draw, operation, each, sources=(each.claims,), hostile=False)
                    for each in dict.fromkeys((*stage.principals.strangers[:1], actor))
                ]
            play.perform_all(planned)

        @rule(data=st.data())
        def pretend(self, data: st.DataObject) -> None:
            """Somebody says to be everybody, or nobody in particular, and reads."""
            play = self.enter("pretend")
            if play is None or not kinds.of_somebody:
                return
            actor = data.draw(st.sampled_from(members))
            planned = []
            said_by = [(each, whole) for each in kinds.of_somebody for whole in EVERYBODYS_IDS]
            for _ in range(data.draw(st.integers(4, 6))):
                operation, whole = play.rarest(
                    data.draw, "pretend", said_by, lambda each: (each[0].name, each[1])
                )
                asked = play.reading(operation, actor)
                if required_references(operation):
                    # To say that one is everybody gives nothing new about one's own objects.
                    victims = [each.name for each in members if each is not actor]
                    asked = play.plan(data.draw, operation, actor, sources=victims, hostile=False)
                said = {
                    each.name: whole for each in operation.parameters if each.role is Role.IDENTITY
                }
                planned.append(Planned(actor, operation.name, {**asked.arguments, **said}))
            play.perform_all(planned)

        @rule(data=st.data())
        def follow(self, data: st.DataObject) -> None:
            """Others ask for what its owner has just changed or removed."""
            play = self.enter("follow")
            if play is not None and stage.observations:
                follow(play, data.draw, members)

        @rule(data=st.data())
        def echo(self, data: st.DataObject) -> None:
            """All say the same to a model."""
            play = self.enter("echo")
            if play is not None and kinds.chats:
                echo(play, data.draw, members)

        @rule(data=st.data())
        def leaf(self, data: st.DataObject) -> None:
            """Somebody gets a small page, and others try to read on from there."""
            play = self.enter("leaf")
            if play is None or not kinds.paged:
                return
            operation = play.rarest_operation(data.draw, "leaf", kinds.paged)
            owner = data.draw(st.sampled_from(members))
            asked = play.small_page(data.draw, operation, owner)
            fresh = play.new_cursors(asked)
            if not fresh:
                # There is not enough for a second page.
                play.perform_all(
                    [
                        play.plan(data.draw, each, owner, sources=("own",), hostile=False)
                        for each in kinds.creators_on(operation) or kinds.creators
                    ]
                )
                fresh = play.new_cursors(asked)
            if not fresh:
                return
            play.perform_all(
                [
                    play.small_page(data.draw, operation, each, fresh[-1], asked)
                    for each in members
                    if each is not owner
                ]
            )

        @invariant()
        def look_back(self) -> None:
            """Judge what was done so far, now and then: a leak is worth no more calls."""
            if self.play is None:
                return
            self.steps += 1
            if self.steps % _STEPS_BETWEEN_JUDGEMENTS == 0 and not self.play.over:
                self.play.judge()

        def enter(self, name: str) -> Play | None:
            """The example, for one play of a rule; nothing where no more calls are to be made."""
            if self.play is None or self.play.over or stage.stopped():
                return None
            stage.played[name] += 1
            return self.play

        def teardown(self) -> None:
            """Hand the history over to those who judge."""
            if self.play is not None and len(self.play.history):
                stage.examined(self.play.history)

    return Campaign
