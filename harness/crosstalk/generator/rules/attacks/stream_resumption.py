"""A user has another's stream sent again, by the id of one of its events.

Event ids are known from logs, proxies and guesses. A server that keeps streams by event alone
(`Last-Event-ID`) sends the answers again to whoever asks.
"""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.core.principals import ANONYMOUS, HIJACKER
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun

_RESUME = "mcp:streams/resume"
# The part of a campaign's calls that it may take, beside the first few.
_SHARE = 0.03
_FIRST = 18
_EVENTS = 2
_COUNT = "streams resumed"


class StreamResumption:
    """Has a stream resumed by its owner, by another user, and on the owner's session by others."""

    name = "stream_resumption"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any user has an event to resume after, and it is time to do it again."""
        made = example.state.executor.calls_made
        return (
            _RESUME in example.state.executor.operations
            and example.state.situations[_COUNT] < _FIRST + _SHARE * made
            and any(self._events(example, each) for each in example.members)
        )

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Resume after two events of one user's, as every client that should not be able to."""
        owners = [each for each in example.members if self._events(example, each)]
        owner: Actor = draw(st.sampled_from(owners))
        other = example.other_member(draw, owner)
        planned = []
        for event in draw(st.permutations(self._events(example, owner)))[:_EVENTS]:
            # The owner's own answer shows that there is something to be sent again.
            planned += [PlannedCall(each, _RESUME, {"event_id": event}) for each in (owner, other)]
        asked = planned[0].arguments
        others = [each for each in example.impostors if each == HIJACKER]
        others += [ANONYMOUS] if example.state.principals.strangers else []
        planned += [PlannedCall(each, _RESUME, asked) for each in others]
        example.execute_all(planned)
        example.state.situations[_COUNT] += len(planned)

    @staticmethod
    def _events(example: ExampleRun, owner: Actor) -> list[str]:
        """Return the latest events of a user's streams: early ones are kept for a while only."""
        (parameter,) = example.state.executor.operations[_RESUME].parameters
        return example.pool.references(owner.name, parameter, _RESUME, guess=False)[-6:]
