"""A user has another's stream sent again, by the id of one of its events.

Event ids are known from logs, proxies and guesses. A server that keeps streams by event alone
(`Last-Event-ID`) sends the answers again to whoever asks: by MCP, or in the answer to a request of
their own that is a stream as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.core.identifiers import is_marker
from crosstalk.core.principals import ANONYMOUS, HIJACKER
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.http.event_stream import LAST_EVENT, LAST_EVENT_FIELD
from crosstalk.surface.operation import Operation, Role

_RESUME = "mcp:streams/resume"
# The part of a campaign's calls that it may take, beside the first few.
_SHARE = 0.03
_FIRST = 18
_EVENTS = 2
# Events of one user that may still be kept, and those of them that are chosen from.
_LATEST, _MOST = 16, 6
_COUNT = "streams resumed"


class StreamResumption:
    """Has a stream resumed by its owner, by another user, and on the owner's session by others."""

    name = "stream_resumption"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any user has an event to resume after, and it is time to do it again."""
        made = example.state.executor.calls_used
        return example.state.situations[_COUNT] < _FIRST + _SHARE * made and any(
            latest_events(example, each) or _sent(example, each) for each in example.members
        )

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Resume after two events of one user's, as every client that should not be able to."""
        owners = [
            each for each in example.members if latest_events(example, each) or _sent(example, each)
        ]
        owner: Actor = draw(st.sampled_from(owners))
        other = example.other_member(draw, owner)
        known = latest_events(example, owner)
        if known:
            _resume_after(example, owner, other, draw(st.permutations(known))[:_EVENTS])
        ask_again(example, owner, other, lambda each: example.plan_own(draw, each, other))


def resume_streams(
    example: ExampleRun, owner: Actor, other: Actor, plan: Callable[[Operation], PlannedCall]
) -> None:
    """Resume after the owner's latest events and an early one, as each client that should not.

    Args:
        example: Under way; nothing is done where the server has no streams to be resumed.
        owner: Whose streams they are.
        other: Another user.
        plan: Returns a call of the other user's with what is theirs.
    """
    events = latest_events(example, owner)
    if events:
        # After an early one something is sent again; the latest ones are surely kept.
        _resume_after(example, owner, other, [*events[-_EVENTS:], *events[:-_EVENTS][:1]])
    ask_again(example, owner, other, plan)


def ask_again(
    example: ExampleRun, owner: Actor, other: Actor, plan: Callable[[Operation], PlannedCall]
) -> None:
    """Have another user ask for streams of their own, after events of the owner's.

    Args:
        example: Under way; nothing is done where no stream has answered the owner.
        owner: Whose events they are.
        other: Another user.
        plan: Returns a call of the other user's with what is theirs.
    """
    for name, ids in _sent(example, owner).items():
        for event in ids[:_EVENTS]:
            if example.over or example.state.stopped():
                return
            operation = example.state.executor.operations[name]
            asked = plan(operation)
            # By what need not be given, as a time to wait, it may hold on for long.
            options = {
                each.name
                for each in operation.parameters
                if each.role is Role.VALUE and not each.required
            }
            arguments = {k: v for k, v in asked.arguments.items() if k not in options}
            arguments |= dict.fromkeys(_after(operation), event)
            example.execute_spoilt(replace(asked, arguments=arguments))
            example.state.situations[_COUNT] += 1


def _resume_after(example: ExampleRun, owner: Actor, other: Actor, events: Sequence[str]) -> None:
    planned = []
    for event in events:
        # The owner's own answer shows that there is something to be sent again.
        planned += [PlannedCall(each, _RESUME, {"event_id": event}) for each in (owner, other)]
    others = [each for each in example.impostors if each == HIJACKER]
    others += [ANONYMOUS] if example.state.principals.strangers else []
    planned += [PlannedCall(each, _RESUME, planned[0].arguments) for each in others if planned]
    example.execute_all(planned)
    example.state.situations[_COUNT] += len(planned)


def _sent(example: ExampleRun, owner: Actor) -> dict[str, list[str]]:
    """Return the names of what has answered a user with a stream whose events have ids, each with
    those of the latest answer.
    """
    operations = example.state.executor.operations
    found: dict[str, list[str]] = {}
    for call in example.history:
        ids = call.answer.linked.get(LAST_EVENT_FIELD)
        after = _after(operations[call.operation])
        if not ids or call.actor != owner or any(each in call.arguments for each in after):
            continue
        if after:
            found[call.operation] = [ids] if isinstance(ids, str) else list(ids)
    return found


def _after(operation: Operation) -> list[str]:
    """Return what an operation calls the event after which its stream goes on: a header's name is
    the same in capitals.
    """
    names = [each.name for each in operation.parameters]
    return [each for each in names if each.lower() == LAST_EVENT.lower()]


def latest_events(example: ExampleRun, owner: Actor) -> list[str]:
    """Return the latest events of a user's streams, last those of answers that hold the user's own
    words: what is sent again after one of these tells whose it is.

    Early ones are kept for a while only.
    """
    if _RESUME not in example.state.executor.operations:
        return []
    (parameter,) = example.state.executor.operations[_RESUME].parameters
    known = example.pool.references(owner.name, parameter, _RESUME, guess=False)[-_LATEST:]
    telling: set[str] = set()
    for call in example.history:
        ids = call.answer.linked.get(parameter.name) or ()
        if call.actor == owner and any(map(is_marker, call.received)):
            telling.update([ids] if isinstance(ids, str) else ids)
    return sorted(known, key=lambda each: each in telling)[-_MOST:]
