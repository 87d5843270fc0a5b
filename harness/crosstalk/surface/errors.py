"""Errors of a surface that cannot be used at all, as opposed to answers that are errors."""

from __future__ import annotations

from crosstalk.core.errors import HarnessError, TargetFailedError


class SurfaceError(TargetFailedError):
    """The server cannot be reached, or does not speak the protocol."""


class SettingError(HarnessError):
    """A description speaks of what the server does not offer: the file is wrong, not the server."""
