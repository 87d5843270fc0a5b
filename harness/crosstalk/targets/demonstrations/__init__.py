"""The well-known ways of telling an MCP server who calls, each small and running.

None of this is part of the system, which knows one way: a bearer token for this very server. Here
stand the other three, in the careless form that is found in the wild and, where there is one, in a
form that holds. The isolation campaign runs against each like against any system, so that what
leaks is shown by a script and not by an opinion. `docs/patterns.md` says what each one needs.
"""

from __future__ import annotations

from crosstalk.core.errors import did_you_mean
from crosstalk.targets.demonstrations.bare_user_id import BARE_USER_ID
from crosstalk.targets.demonstrations.base import Demonstration, UnknownDemonstrationError
from crosstalk.targets.demonstrations.cookie_jar import COOKIES_KEPT_APART, SHARED_COOKIE_JAR
from crosstalk.targets.demonstrations.session_cookie import SESSION_COOKIE, SESSION_COOKIE_GUARDED
from crosstalk.targets.demonstrations.shared_secret import SECRET_OF_ONE_SERVICE, SHARED_SECRET

DEMONSTRATIONS: dict[str, Demonstration] = {
    each.name: each
    for each in (
        BARE_USER_ID,
        SHARED_SECRET,
        SECRET_OF_ONE_SERVICE,
        SESSION_COOKIE,
        SESSION_COOKIE_GUARDED,
        SHARED_COOKIE_JAR,
        COOKIES_KEPT_APART,
    )
}


def get_demonstration(name: str) -> Demonstration:
    """One demonstration.

    Raises:
        UnknownDemonstrationError: There is none of that name; the message names the nearest.
    """
    if name not in DEMONSTRATIONS:
        raise UnknownDemonstrationError(
            f"there is no demonstration {name!r}{did_you_mean(name, DEMONSTRATIONS)}"
        )
    return DEMONSTRATIONS[name]


__all__ = ["DEMONSTRATIONS", "Demonstration", "UnknownDemonstrationError", "get_demonstration"]
