"""A finding as a sequence of messages between its users and the server, as a page draws it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crosstalk.core.evidence import Exchange

SERVER = "server"
_OTHERS = "others"
# Columns of the drawing: more cannot be read on any screen. The last one is the server's.
MOST_LANES = 6


@dataclass(frozen=True, slots=True)
class Message:
    """A call with its answer.

    Attributes:
        number: Of the script's line.
        actor: Who calls.
        lane: The caller's column, from 1.
        span: Number of columns from the caller's to the server's, both included.
        call: Operation and arguments.
        answer: The answer in pieces, each with whether it belongs to another user.
        crossed: Whether one of them does.
    """

    number: int
    actor: str
    lane: int
    span: int
    call: str
    answer: tuple[tuple[str, bool], ...]
    crossed: bool


@dataclass(frozen=True, slots=True)
class MessageSequence:
    """Messages in the order in which they were sent.

    Attributes:
        lanes: Who stands at the head of each column; the server comes last.
        messages: The calls with their answers.
    """

    lanes: tuple[str, ...]
    messages: tuple[Message, ...]


def sequence_of(evidence: Iterable[Exchange]) -> MessageSequence:
    """Return the evidence of a finding as messages between columns."""
    shown = [(each, *each.call.partition(": ")[::2]) for each in evidence]
    actors = list(dict.fromkeys(actor for _, actor, _ in shown))
    if len(actors) >= MOST_LANES:
        actors = [*actors[: MOST_LANES - 2], _OTHERS]
    lanes = (*actors, SERVER)
    place = {actor: number for number, actor in enumerate(actors, start=1)}
    messages = []
    for exchange, actor, call in shown:
        lane = place.get(actor, len(actors))
        answer = tuple(exchange.parts())
        messages.append(
            Message(
                exchange.number,
                actor,
                lane,
                len(lanes) - lane + 1,
                call,
                answer,
                any(foreign for _, foreign in answer),
            )
        )
    return MessageSequence(lanes, tuple(messages))
