"""The cache folder: it holds only what can be made again."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path


def cache_folder() -> Path | None:
    """Return this user's cache folder, by the platform's habit; None for a user without a home.

    Where XDG_CACHE_HOME is an absolute path the folder is in it (XDG Base Directory
    Specification, "Environment variables"; a relative one is to be ignored).
    """
    try:
        found = user_cache_path("crosstalk", appauthor=False)
    except RuntimeError:
        return None
    return found if found.is_absolute() else None
