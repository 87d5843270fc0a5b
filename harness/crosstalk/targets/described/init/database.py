"""The commented part of a new `crosstalk.toml` that names the system's database."""

from __future__ import annotations

_COMMENT = """
# If its data is in PostgreSQL, row-level security can be tried by itself (docs/layers.md); all is
# rolled back. The URL is the one that the service logs in with:
# [database]
# url = "$DATABASE_URL"
# settings = {"app.user_id" = "{user}"}  # how the service sets the user, as a setting;
# claims = {sub = "{user}", role = "authenticated"}  # or as claims (Supabase, Neon),
# role = "authenticated"  # with the role that it takes;
# row_security = false  # or the service alone keeps users apart
"""


def database_comment() -> list[str]:
    """Return the lines; init cannot see what is behind a server."""
    return _COMMENT.rstrip("\n").split("\n")
