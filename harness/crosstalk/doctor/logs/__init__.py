"""Log files of services: what they tell of a deployment, and what to change."""

from crosstalk.doctor.logs.diagnosis import diagnose_logs

__all__ = ["diagnose_logs"]
