"""Weaknesses that oracles find: their numbers in public lists, and what to look for in the code.

CWE is the Common Weakness Enumeration (MITRE); OWASP numbers are of the API Security Top 10, 2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crosstalk.core.defects.broken_rules import BrokenRule

# The most severe first.
SEVERITIES = ("high", "medium")
_BROKEN_OBJECT_LEVEL = "API1:2023"
_BROKEN_AUTHENTICATION = "API2:2023"
_BROKEN_PROPERTY_LEVEL = "API3:2023"
_BROKEN_FUNCTION_LEVEL = "API5:2023"
_MISCONFIGURATION = "API8:2023"


@dataclass(frozen=True, slots=True)
class Weakness:
    """Class of a finding.

    Attributes:
        severity: How severe it is.
        cwe: Under which numbers it is known.
        owasp: The same in the API Security Top 10.
        look_for: What to look for in the code, in a sentence.
    """

    severity: Literal["high", "medium"]
    cwe: tuple[str, ...]
    owasp: tuple[str, ...] = ()
    look_for: str = "Look for a decision about data that does not ask who calls."


_BY_ORACLE = {
    "canary": Weakness(
        "high",
        ("CWE-639", "CWE-200"),
        (_BROKEN_OBJECT_LEVEL,),
        "Look for a query that is not limited to the caller's rows, or for a cache, a log or a "
        "variable that all callers share.",
    ),
    "ownership": Weakness(
        "high",
        ("CWE-639",),
        (_BROKEN_OBJECT_LEVEL,),
        "Look for an UPDATE or DELETE whose condition names the object and not its owner.",
    ),
    "existence": Weakness(
        "medium",
        ("CWE-204",),
        (_BROKEN_OBJECT_LEVEL,),
        "Look for an object that is read before its owner is compared with the caller: fetch it by "
        "id and owner at once, and give the answer for a missing one in both cases.",
    ),
    "identity": Weakness(
        "high",
        ("CWE-287", "CWE-306"),
        (_BROKEN_AUTHENTICATION,),
        "Look for a route without the check of the credential, or a check that takes an argument's "
        "or a header's word for who calls.",
    ),
    "two-worlds": Weakness(
        "medium",
        ("CWE-203",),
        (_BROKEN_PROPERTY_LEVEL,),
        "Look for a count, an order, a limit, a unique constraint or a cache over the rows of all "
        "users where only the caller's count.",
    ),
    "concurrency": Weakness(
        "high",
        ("CWE-362", "CWE-488"),
        (_BROKEN_OBJECT_LEVEL,),
        "Look for state of one request that another sees: a global, an attribute of a shared "
        "object, a connection given back with a transaction or a user still set.",
    ),
    "limits": Weakness(
        "medium",
        ("CWE-770", "CWE-203"),
        (_MISCONFIGURATION,),
        "Look for the key under which calls are counted: it must name the user whom the credential "
        "proves, not a service, an issuer or an address that users share.",
    ),
    "function": Weakness(
        "high",
        ("CWE-285", "CWE-862"),
        (_BROKEN_FUNCTION_LEVEL,),
        "Look for a route or a tool that asks who calls, and not which role they have.",
    ),
    "escalation": Weakness(
        "high",
        ("CWE-915", "CWE-269"),
        (_BROKEN_PROPERTY_LEVEL,),
        "Look for a body that is written into a row or an object whole: name the fields that a "
        "caller may set.",
    ),
    "property": Weakness(
        "medium",
        ("CWE-213", "CWE-200"),
        (_BROKEN_PROPERTY_LEVEL,),
        "Look for a row or an object that is sent whole: name the fields of the answer.",
    ),
    "revocation": Weakness(
        "high",
        ("CWE-613", "CWE-863"),
        (_BROKEN_OBJECT_LEVEL,),
        "Look for where the decision is kept: a cache, a session, a token, an index or a stream "
        "that was filled while access was still given.",
    ),
    "delegation": Weakness(
        "high",
        ("CWE-441", "CWE-269"),
        (_BROKEN_FUNCTION_LEVEL,),
        "Look for the credential with which the agent calls its tools: it must be its user's, and "
        "not one of a service that may do more.",
    ),
    "layer": Weakness(
        "high",
        ("CWE-653",),
        (_MISCONFIGURATION,),
        "Look for what this layer leaves to the next one: alone it must refuse as well.",
    ),
}
_BY_RULE = {
    BrokenRule.OBJECT: (
        "Look for where the object is read or written by its id alone: the condition for its owner "
        "is missing (WHERE id = … AND owner = …)."
    ),
    BrokenRule.CLAIM: (
        "Look for a user's id that is taken from an argument, the path or a header where the "
        "verified credential names the user."
    ),
    BrokenRule.SCOPE: (
        "Look for a query that is not limited to the caller's rows, or for a cache or a variable "
        "that all callers share."
    ),
    BrokenRule.CREDENTIAL: (
        "Look for a route or a tool that is served before any credential is read."
    ),
    BrokenRule.FORGERY: (
        "Look for the verification of tokens: which algorithms, keys, issuers and audiences it "
        "accepts, and whether it decodes without verifying."
    ),
    BrokenRule.CACHE: (
        "Look for the Cache-Control header of this answer: it must be private or no-store."
    ),
    BrokenRule.MESSAGE: (
        "Look for notifications, logs and streams that are sent to every client, or to the latest."
    ),
}


def weakness_of(oracle: str) -> Weakness:
    """Return the weakness that an oracle's findings are; improper access control by default."""
    return _BY_ORACLE.get(oracle, Weakness("high", ("CWE-284",), (_BROKEN_OBJECT_LEVEL,)))


def advice(oracle: str, rule: BrokenRule | None) -> str:
    """Return what to look for in the code, in a sentence.

    Args:
        oracle: The oracle that fired.
        rule: What is broken, where that is known.
    """
    known = _BY_RULE.get(rule) if rule is not None else None
    return known or weakness_of(oracle).look_for
