"""Listening of a pass's users, and reading of what the server says of itself."""

from __future__ import annotations

from crosstalk.core.principals import HIJACKER
from crosstalk.generator.plan.sweeping.context import PassContext
from crosstalk.generator.rules.attacks.stream_resumption import resume_streams
from crosstalk.generator.rules.situations.notifications import listen, listeners, streams
from crosstalk.generator.rules.situations.self_description import (
    DESCRIPTIONS_READ,
    descriptive,
    read_descriptions,
)

# What the first pass reads of what the server says about itself.
_DESCRIPTIONS = 24
# Messages after which each of two streams of a session was sent one.
_MESSAGES = 2


def listen_as_all(context: PassContext) -> None:
    """Have every user listen before and after others store something, on the first pass."""
    if context.first:
        listen(context.example, listeners(context.example))


def listen_again(context: PassContext) -> None:
    """Have the user whose session another holds act, so that both have something to hear.

    Where both streams are open, one of them alone may be sent each message.
    """
    thief = next((each for each in listeners(context.example) if each == HIJACKER), None)
    if context.first and thief is not None and streams(context.example):
        owner = next(each for each in context.example.members if each.name == thief.claims)
        for _ in range(_MESSAGES):
            for operation in context.creators()[:1]:
                context.use(operation, owner, tries=1)
    listen_as_all(context)


def resume(context: PassContext) -> None:
    """Have the victim's streams resumed by the victim and by others, on the first pass."""
    if context.first:
        attacker = context.attacker
        resume_streams(
            context.example, context.victim, attacker, lambda each: context.own(each, attacker)
        )


def read_own_descriptions(context: PassContext) -> None:
    """Have the victim and a stranger read what the server says of itself, on the first pass."""
    state = context.example.state
    done = state.is_short and state.situations[DESCRIPTIONS_READ] > 0
    if context.first and not done:
        found = descriptive(context.example)[:_DESCRIPTIONS]
        read_descriptions(context.example, found, context.victim)
