"""The version of this package, as its distribution states it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def harness_version() -> str:
    """Return the installed version; `0` in a checkout that is not installed as a package."""
    try:
        return version("crosstalk-harness")
    except PackageNotFoundError:
        return "0"
