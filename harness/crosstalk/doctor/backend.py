"""Checks of the REST backend: its keys, CORS, and a user's token."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from crosstalk.doctor.client import BoundedClient, BoundedReply
from crosstalk.doctor.endpoint import Endpoint
from crosstalk.doctor.keys import Keys, read_token
from crosstalk.doctor.report import Report

JWKS_PATH = "/.well-known/jwks.json"
# A reserved name, which no page can have (RFC 2606 section 2).
FOREIGN_ORIGIN = "https://crosstalk-doctor.invalid"


def check_guarded(endpoint: Endpoint, client: BoundedClient, report: Report) -> None:
    """Check that a user's data is refused without a token."""
    reply = client.get(f"{endpoint.url}/api/crosstalk-doctor/tasks")
    if reply.status == 401 and "bearer" in reply.headers.get("www-authenticate", "").lower():
        report.ok(endpoint.url, "needs a token", "401 with a challenge")
    else:
        report.fail(
            endpoint.url,
            "needs a token",
            f"/api/… without a token answers {reply.status or reply.error}, not 401 with "
            "WWW-Authenticate",
            "see that the address is the backend's, and that no proxy answers in its place",
        )


def check_keys(endpoint: Endpoint, keys: Keys, report: Report) -> None:
    """Check the keys with which the backend signs its tokens for the MCP server."""
    published = keys.at(f"{endpoint.url}{JWKS_PATH}")
    if published.problem:
        report.fail(
            endpoint.url,
            "keys",
            published.problem,
            "withdraw a private key that was published, and make a new one"
            if "PRIVATE" in published.problem
            else f"see BACKEND_SIGNING_KEY, and that the proxy passes {JWKS_PATH} on",
        )
    else:
        found = f"{len(published.keys)} for {', '.join(published.algorithms)}"
        report.ok(endpoint.url, "keys", found)


def check_cors(
    endpoint: Endpoint, client: BoundedClient, origins: Sequence[str], report: Report
) -> None:
    """Check that the front end's pages may call, and no others (CORS preflight, Fetch standard)."""
    foreign = _preflight(endpoint, client, FOREIGN_ORIGIN)
    if foreign.headers.get("access-control-allow-origin", "") in ("*", FOREIGN_ORIGIN, "null"):
        report.fail(
            endpoint.url,
            "cors",
            "a page of any origin may call with the user's token",
            "list the front end's origin in CORS_ORIGINS, and no *",
        )
        return
    for origin in origins:
        reply = _preflight(endpoint, client, origin)
        allowed = reply.headers.get("access-control-allow-origin", "")
        names = reply.headers.get("access-control-allow-headers", "").lower()
        if allowed != origin or "authorization" not in names:
            report.fail(
                endpoint.url,
                "cors",
                f"pages of {origin} may not call: the preflight answers {reply.status} with "
                f"Access-Control-Allow-Origin {allowed or 'absent'}",
                f"list exactly {origin} in CORS_ORIGINS, and let the proxy pass OPTIONS on",
            )
            return
    report.ok(
        endpoint.url,
        "cors",
        f"only listed origins: {', '.join(origins)}" if origins else "a foreign origin is refused",
    )


def _preflight(endpoint: Endpoint, client: BoundedClient, origin: str) -> BoundedReply:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return client.send("OPTIONS", f"{endpoint.url}/api/crosstalk-doctor/tasks", headers)


def check_token(
    endpoint: Endpoint, client: BoundedClient, keys: Keys, token: str | None, report: Report
) -> None:
    """Check that a user's token is accepted, or else which of issuer, audience and keys differ."""
    if token is None:
        report.skip(
            endpoint.url, "token", "give a user's token (--token) to check that it is accepted"
        )
        return
    claims = read_token(token)
    if claims is None:
        report.fail(endpoint.url, "token", "it is not a JWT", "give a JWT of the sign-in service")
        return
    subject = quote(claims.subject, safe="")
    headers = {"Authorization": f"Bearer {token}"}
    reply = client.get(f"{endpoint.url}/api/{subject}/stats", headers)
    if reply.status == 200:
        report.ok(endpoint.url, "token", f"accepted: issuer {claims.issuer}, audience agree")
        return
    problems = claims.problems(keys.of_issuer(claims.issuer))
    if not problems and reply.status == 401:
        problems = [
            f"nothing is wrong with it itself, so the backend does not trust its issuer "
            f"({claims.issuer}) for the audience {', '.join(claims.audiences)}"
        ]
    report.fail(
        endpoint.url,
        "token",
        f"answered {reply.status or reply.error}: {'; '.join(problems) or 'see the log'}",
        "in TRUSTED_ISSUERS set issuer to exactly the token's iss, audience to its aud, jwks_url "
        "to where its keys are and algorithms to its alg; or give a fresh token",
    )
