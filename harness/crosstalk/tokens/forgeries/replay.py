"""Forgeries by replay: tokens that are genuine elsewhere in the same system.

A service that accepts a token meant for another lets each service impersonate users at the others
(RFC 8725 section 2.7; the MCP authorization specification forbids token passthrough).
"""

from __future__ import annotations

from crosstalk.tokens.forgeries.base import (
    Forgery,
    ForgeryContext,
    NotApplicableError,
    of_token,
)
from crosstalk.tokens.issuer import LocalIssuer

_SUBSTITUTION = "RFC 8725 sections 2.7 and 3.9; RFC 8707 section 2"
_PASSTHROUGH = "MCP authorization specification, access token privilege restriction; RFC 8707"


def _exchanger(context: ForgeryContext) -> LocalIssuer:
    if context.exchanger is None:
        raise NotApplicableError("the exchanging service's key is not known")
    return context.exchanger


def _other_service(context: ForgeryContext) -> str:
    return context.issuer.mint(context.subject, audience=context.other_audience)


def _exchanged_elsewhere(context: ForgeryContext) -> str:
    return _exchanger(context).mint(
        context.subject, audience=context.other_audience, ttl=60, act={"sub": "backend"}
    )


def _exchanged_here(context: ForgeryContext) -> str:
    exchanger = _exchanger(context)
    if context.trusts_exchanger:
        raise NotApplicableError("this surface trusts the exchanging service")
    return exchanger.mint(context.subject, audience=context.audience, ttl=60)


def _exchangers_name(context: ForgeryContext) -> str:
    name = _exchanger(context).url
    return context.stranger.mint(context.subject, audience=context.audience, iss=name)


def _exchangers_name_issuers_key(context: ForgeryContext) -> str:
    name = _exchanger(context).url
    return context.issuer.mint(context.subject, audience=context.audience, iss=name)


def _users_name_exchangers_key(context: ForgeryContext) -> str:
    exchanger = _exchanger(context)
    return exchanger.mint(context.subject, audience=context.audience, iss=context.issuer.url)


def _caller(context: ForgeryContext) -> LocalIssuer:
    if context.caller is None:
        raise NotApplicableError("the calling service's key is not known")
    return context.caller


def _called_elsewhere(context: ForgeryContext) -> str:
    return _caller(context).mint(
        context.subject, audience=context.other_audience, ttl=60, act={"sub": "mcp"}
    )


def _called_here(context: ForgeryContext) -> str:
    caller = _caller(context)
    if context.trusts_caller:
        raise NotApplicableError("this surface trusts the calling service")
    return caller.mint(context.subject, audience=context.audience, ttl=60, act={"sub": "mcp"})


def _users_name_callers_key(context: ForgeryContext) -> str:
    caller = _caller(context)
    return caller.mint(context.subject, audience=context.audience, iss=context.issuer.url)


REPLAY_FORGERIES: tuple[Forgery, ...] = (
    of_token(
        "token-for-another-service",
        f"{_SUBSTITUTION}; {_PASSTHROUGH}",
        "the user's token for the other service: sign-in's at MCP, MCP's at the backend",
        _other_service,
    ),
    of_token(
        "exchanged-token-elsewhere",
        _PASSTHROUGH,
        "a token that the backend issued for the other service: MCP's, back at the backend",
        _exchanged_elsewhere,
    ),
    of_token(
        "exchanged-token-here",
        f"{_SUBSTITUTION}; RFC 8725 section 3.8",
        "a token that the backend issued, naming a service that does not trust it",
        _exchanged_here,
    ),
    of_token(
        "exchanger-impersonated",
        "RFC 8725 section 3.8",
        "a stranger's token in the backend's name",
        _exchangers_name,
    ),
    of_token(
        "exchanger-impersonated-by-issuer",
        "RFC 8725 section 3.8",
        "the backend's name with the sign-in issuer's key",
        _exchangers_name_issuers_key,
    ),
    of_token(
        "issuer-impersonated-by-exchanger",
        "RFC 8725 section 3.8",
        "the sign-in issuer's name with the backend's key",
        _users_name_exchangers_key,
    ),
    of_token(
        "callers-token-elsewhere",
        _PASSTHROUGH,
        "a token that the MCP server signed to call the backend: back at the MCP server",
        _called_elsewhere,
    ),
    of_token(
        "callers-token-here",
        f"{_SUBSTITUTION}; RFC 8725 section 3.8",
        "a token that the MCP server signed, at a surface that does not trust it as an issuer",
        _called_here,
    ),
    of_token(
        "issuer-impersonated-by-caller",
        "RFC 8725 section 3.8",
        "the sign-in issuer's name with the MCP server's key",
        _users_name_callers_key,
    ),
)
