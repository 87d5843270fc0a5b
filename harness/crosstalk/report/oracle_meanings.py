"""Meanings of the oracles, in one sentence each, for people who have not read their code."""

from __future__ import annotations

_MEANINGS = {
    "canary": "Text, ids or values of one user reached another",
    "ownership": "What a user reads of their own data changed after another user acted",
    "existence": "Another user's id and a missing id can be told apart",
    "identity": "A missing or spoiled credential was served",
    "function": "A reserved operation was served to a user without the role",
    "escalation": "A field that was not asked for changed what its sender may do, or an owner",
    "property": "An answer holds a field that the policy keeps out of it",
    "revocation": "After sharing had ended, what was shared was served again",
    "delegation": "An agent showed its user what is reserved for a role that the user lacks",
    "two-worlds": "What one user observes depends on whether, or on what, others did",
    "concurrency": "Beside concurrent clients an answer is not what its caller gets alone",
    "limits": "A user is refused for being one too many because of what another user did",
    "layer": "One of the layers lets something through when the others are bypassed",
}


def meaning(oracle: str) -> str:
    """The sentence; a general one for an oracle that is not known here."""
    return _MEANINGS.get(oracle, f"The oracle {oracle} fired")
