"""The error of a surface that cannot be used at all, as opposed to an answer that is an error."""

from __future__ import annotations

from crosstalk.core.errors import TargetFailedError


class SurfaceError(TargetFailedError):
    """The server cannot be reached, or does not speak the protocol."""
