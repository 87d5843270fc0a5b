"""Checks a deployment from outside, as anybody on the network could, and says what to change.

It sends a few dozen requests, each bounded in time and size, none of which writes anything. What it
cannot see from outside (row-level security, secrets, what users store) it does not claim.
"""

from crosstalk.doctor.diagnosis import Options, examine
from crosstalk.doctor.report import Entry, Sheet, Status

__all__ = ["Entry", "Options", "Sheet", "Status", "examine"]
