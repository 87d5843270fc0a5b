"""Checks a deployment from outside, as any client on the network could, and says what to change.

It sends a few dozen requests, each bounded in time and size, none of which writes anything. It
claims nothing that cannot be seen from outside (row-level security, secrets, what users store).
"""

from crosstalk.doctor.diagnosis import Options, diagnose
from crosstalk.doctor.report import CheckResult, Report, Status

__all__ = ["CheckResult", "Options", "Report", "Status", "diagnose"]
