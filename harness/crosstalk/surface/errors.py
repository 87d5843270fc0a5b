"""Why a surface cannot be used at all, as opposed to how it answers."""

from __future__ import annotations

from crosstalk.core.errors import TargetFailedError


class SurfaceError(TargetFailedError):
    """The server cannot be reached, or does not speak the protocol."""
