"""Rules that a system breaks when data crosses between its users.

An oracle says how something was noticed; the broken rule says what the server did not verify. Two
findings of one operation that break the same rule are usually fixed in the same place.
"""

from __future__ import annotations

from enum import StrEnum


class BrokenRule(StrEnum):
    """Rules, by what the server fails to do; `remedy` says what would fix it."""

    OBJECT = "object-owner"  # another user's object was named, and served or changed
    CLAIM = "claimed-identity"  # another user's identity was claimed beside one's own credential
    SCOPE = "own-scope"  # a call that names nothing of other users' showed or changed theirs
    CREDENTIAL = "credential"  # a call without any credential was served
    FORGERY = "forged-credential"  # a credential that must be refused was accepted
    UNPROVEN = "unproven-identity"  # an identity that no credential proves was believed
    EXISTENCE = "existence"  # another user's id and an id of no object are told apart
    COUNTING = "countable-ids"  # ids of several users follow each other
    CACHE = "shared-cache"  # a shared cache may give an answer to other users
    MESSAGE = "message"  # what belongs to another user came in a message beside the answer
    ACTIVITY = "others-activity"  # an answer depends on what other users do or have stored
    CONCURRENCY = "concurrent-clients"  # an answer depends on requests that are under way
    FUNCTION = "reserved-function"  # a reserved operation was served without the role
    ESCALATION = "undeclared-field"  # a field that was not asked for had an effect
    FIELD = "field"  # an answer holds a field that is kept out of it
    REVOKED = "revoked"  # what was taken back was served again
    DELEGATION = "agents-rights"  # an agent showed what its user has no right to
    LAYER = "layer"  # a layer lets through what another one stops

    @property
    def remedy(self) -> str:
        """Return what a server must do to keep the rule."""
        return _REMEDIES[self]


_REMEDIES = {
    BrokenRule.OBJECT: "verify that the object named belongs to the caller",
    BrokenRule.CLAIM: "take the identity from the credential, not from what the caller says",
    BrokenRule.SCOPE: "restrict what is read and changed to the caller's own data",
    BrokenRule.CREDENTIAL: "require a credential",
    BrokenRule.FORGERY: "verify credentials whole",
    BrokenRule.UNPROVEN: "require a credential that proves who calls",
    BrokenRule.EXISTENCE: "answer another user's id as an id of no object",
    BrokenRule.COUNTING: "give out ids that cannot be counted",
    BrokenRule.CACHE: "forbid shared caches to keep the answer (Cache-Control: private)",
    BrokenRule.MESSAGE: "send messages only to the client that they concern",
    BrokenRule.ACTIVITY: "answer alike whatever other users do and have stored",
    BrokenRule.CONCURRENCY: "keep nothing of a request where another request finds it",
    BrokenRule.FUNCTION: "verify the caller's role where the operation begins",
    BrokenRule.ESCALATION: "take from a request the fields that it may set, and no others",
    BrokenRule.FIELD: "write down which fields an answer has, and send no others",
    BrokenRule.REVOKED: "verify at each call that the sharing, or the role, still holds",
    BrokenRule.DELEGATION: "give an agent its user's rights and no more",
    BrokenRule.LAYER: "have this layer keep users apart by itself",
}
