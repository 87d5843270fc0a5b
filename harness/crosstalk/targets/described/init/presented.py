"""Lines of `[identity]` for a credential that was given to `crosstalk init`."""

from __future__ import annotations

from crosstalk.targets.described.init.toml import toml


def carrier_of(header: str | None, value: str = "") -> tuple[list[str], list[str]]:
    """Return how the credential of a header travels.

    Args:
        header: Its name; None where nothing was presented.
        value: What it held; the word before the credential is kept.

    Returns:
        Names for `by`, none where nothing was presented, and the lines beside it.
    """
    if header is None:
        return [], []
    scheme = value.partition(" ")[0] if " " in value else ""
    if header.lower() == "authorization" and (not value or scheme.lower() == "bearer"):
        return ["bearer"], []
    shown = toml(f"{scheme} {{token}}".strip())
    return ["header"], [f"header = {toml(header)}", f'value = {shown}  # guess: or "{{user}}"']


def users_with_tokens() -> list[str]:
    """Return tables of users who exist, with their tokens in the environment."""
    lines = [
        "# Two users or three, each with a token; [identity.mint] or token_command do as well."
    ]
    for name in ("alice", "bob", "carol"):
        lines += [
            f"[users.{name}]",
            f'subject = "{name}"  # guess: the id that the system knows them by',
            f'token = "${name.upper()}_TOKEN"',
        ]
    return ["", *lines]
