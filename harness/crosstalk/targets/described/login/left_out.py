"""Operations that a login calls by itself, and that no campaign calls as any other.

A sign-up serves whoever has no account yet: called as an operation of a user, it would be reported
for serving without a credential.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit

from crosstalk.surface.operation import Operation
from crosstalk.surface.rest.request import RequestForm
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.naming import operation_name

_REASON = "[identity.login] calls it"


def calls_of_logins(
    config: TargetConfig, operations: Mapping[str, Operation], base: str
) -> dict[str, str]:
    """Return the REST operations that log in, sign up or renew a token, each with the reason.

    What the file names under `[tools]` or as public is called all the same.

    Args:
        config: The file.
        operations: What the API offers, by name.
        base: URL that the paths of a login's requests begin at.
    """
    if config.rest is None:
        return {}
    named = {operation_name(each) for each in (*config.tools, *config.rest.public)}
    return {name: _REASON for name in of_logins(config, operations, base) if name not in named}


def of_logins(
    config: TargetConfig, operations: Mapping[str, Operation], base: str
) -> frozenset[str]:
    """Return the names of the REST operations that log in, sign up or renew a token.

    Args:
        config: The file.
        operations: What the API offers, by name.
        base: URL that the paths of a login's requests begin at.
    """
    called = set(_requests(config, base))
    return frozenset(
        name
        for name, operation in operations.items()
        if isinstance(form := operation.extra.get("form"), RequestForm)
        and (form.method, _plain(form.url)) in called
    )


def _requests(config: TargetConfig, base: str) -> Iterator[tuple[str, str]]:
    for identity in config.identities().values():
        login = identity.login
        if login and login.token_url:
            # The token endpoint of a grant (RFC 6749, section 3.2).
            yield "POST", _plain(urljoin(base.rstrip("/") + "/", login.token_url.lstrip("/")))
        for call in (login, login.register_first, login.refresh) if login else ():
            if call is not None and call.request:
                method, _, target = call.request.partition(" ")
                yield method, _plain(urljoin(base.rstrip("/") + "/", target.lstrip("/")))


def _plain(url: str) -> str:
    """Return a URL without its query."""
    return urlsplit(url)._replace(query="").geturl().rstrip("/")
