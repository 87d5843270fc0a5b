"""Checks of settings for production; each problem names the variable to set.

A service that starts with a default secret, or trusts keys fetched over plain HTTP, works without
any symptom. So with `ENVIRONMENT=production` it does not start, and names the variable.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

_PLACEHOLDERS = (
    "changeme",
    "changethis",
    "example",
    "placeholder",
    "replaceme",
    "notsecret",
    "yoursecret",
    "yourpassword",
)
_DEFAULT_PASSWORDS = frozenset({"postgres", "password", "secret", "admin", "root", "crosstalk"})
# Drawn from base64 or hexadecimal, 32 characters hardly ever hold fewer different ones.
_FEWEST_CHARACTERS = 8
_SHORTEST_PASSWORD = 12


class Deployed(BaseSettings):
    """Settings that are stricter where `ENVIRONMENT` is `production`.

    Each class adds its own problems to those of the classes beside it (`super()`), so that all
    problems are reported at once.
    """

    # An empty variable is one that was not set: that is how compose files pass them on.
    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "production"] = "development"

    def production_problems(self) -> Iterator[str]:
        """Yield the problems that keep the service from starting in production."""
        yield from ()

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.environment == "production":
            problems = list(dict.fromkeys(self.production_problems()))
            if problems:
                raise ValueError("; ".join(problems))
        return self


def is_this_machine(host: str) -> bool:
    """Return whether a host name means the local machine (RFC 6761 section 6.3)."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def url_problem(name: str, url: str, private_hosts: Collection[str]) -> str | None:
    """Return the problem with the URL of a setting, if there is one.

    Args:
        name: The setting.
        url: Its value.
        private_hosts: Hosts that plain HTTP may be spoken with.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_this_machine(host):
        return f"{name} points at this machine ({host}): set the address that others reach"
    if parts.scheme != "https" and host not in private_hosts:
        return (
            f"{name} is not https: use TLS, or list {host} in PRIVATE_HTTP_HOSTS if only a private "
            "network lies between"
        )
    return None


def issuer_problems(
    issuers: Iterable[tuple[str, str]], private_hosts: Collection[str]
) -> Iterator[str]:
    """Yield the problems with trusted issuers, each given as `iss` and the URL of its keys.

    Their keys decide which user a token identifies.
    """
    for issuer, jwks_url in issuers:
        shown = issuer if issuer.isprintable() else "one"
        for part, url in (("issuer", issuer), ("jwks_url", jwks_url)):
            # An `iss` may be any string; one that is a URL says where the issuer is.
            if part == "jwks_url" or "://" in url:
                problem = url_problem(f"TRUSTED_ISSUERS: {part} of {shown}", url, private_hosts)
                if problem:
                    yield problem


def secret_problems(secrets: Mapping[str, SecretStr]) -> Iterator[str]:
    """Yield the problems with secrets that should be random."""
    for name, secret in secrets.items():
        value = secret.get_secret_value()
        plain = "".join(each for each in value.lower() if each.isalnum())
        if any(word in plain for word in _PLACEHOLDERS):
            yield f"{name} is a placeholder: set it to the output of `openssl rand -base64 32`"
        elif len(set(value)) < _FEWEST_CHARACTERS:
            yield f"{name} can be guessed: set it to the output of `openssl rand -base64 32`"


def database_problem(url: SecretStr) -> str | None:
    """Return the problem with the database's password, if there is one.

    A URL without one is left alone: the login may be by certificate or by the platform.
    """
    parts = make_url(url.get_secret_value())
    password = str(parts.password) if parts.password is not None else None
    if password is None:
        return None
    plain = password.lower()
    if plain in _DEFAULT_PASSWORDS or password == parts.username:
        return "DATABASE_URL has a default password: give the role one of its own"
    if len(password) < _SHORTEST_PASSWORD:
        return f"DATABASE_URL has a password of fewer than {_SHORTEST_PASSWORD} characters"
    return None
