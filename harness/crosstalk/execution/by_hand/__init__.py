"""A finding's calls as lines of shell that a person pastes and runs: curl, or JSON for stdio.

- `shell`: words that a shell takes as they are, whatever a hostile server put into them.
- `variables`: what stands for tokens, users' ids and values of earlier answers.
- `extraction`: where in a reply the value stands that a later call needs.
- `requests`: one request as a command.
- `transcript`: all calls of a script, in order.
"""

from crosstalk.execution.by_hand.transcript import Transcript, transcript_of

__all__ = ["Transcript", "transcript_of"]
