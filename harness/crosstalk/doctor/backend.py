"""What is particular to the REST backend: its keys, CORS, and a token of a user."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from crosstalk.doctor.endpoint import Place
from crosstalk.doctor.keys import Keys, read_token
from crosstalk.doctor.probe import Probe, Reply
from crosstalk.doctor.report import Sheet

JWKS_PATH = "/.well-known/jwks.json"
# Reserved, so nobody's page (RFC 2606 section 2).
FOREIGN_ORIGIN = "https://crosstalk-doctor.invalid"


def check_guarded(place: Place, probe: Probe, sheet: Sheet) -> None:
    """A user's data is not there for somebody without a token."""
    reply = probe.get(f"{place.url}/api/crosstalk-doctor/tasks")
    if reply.status == 401 and "bearer" in reply.headers.get("www-authenticate", "").lower():
        sheet.ok(place.url, "needs a token", "401 with a challenge")
    else:
        sheet.fail(
            place.url,
            "needs a token",
            f"/api/… without a token answers {reply.status or reply.error}, not 401 with "
            "WWW-Authenticate",
            "see that the address is the backend's, and that no proxy answers in its place",
        )


def check_keys(place: Place, keys: Keys, sheet: Sheet) -> None:
    """The keys with which the backend signs what it presents to the MCP server."""
    published = keys.at(f"{place.url}{JWKS_PATH}")
    if published.problem:
        sheet.fail(
            place.url,
            "keys",
            published.problem,
            "withdraw a private key that was published, and make a new one"
            if "PRIVATE" in published.problem
            else f"see BACKEND_SIGNING_KEY, and that the proxy passes {JWKS_PATH} on",
        )
    else:
        found = f"{len(published.keys)} for {', '.join(published.algorithms)}"
        sheet.ok(place.url, "keys", found)


def check_cors(place: Place, probe: Probe, origins: Sequence[str], sheet: Sheet) -> None:
    """Pages of the front end may call, and no others (the Fetch standard's CORS preflight)."""
    foreign = _preflight(place, probe, FOREIGN_ORIGIN)
    if foreign.headers.get("access-control-allow-origin", "") in ("*", FOREIGN_ORIGIN, "null"):
        sheet.fail(
            place.url,
            "cors",
            "a page of any origin may call with the user's token",
            "list the front end's origin in CORS_ORIGINS, and no *",
        )
        return
    for origin in origins:
        reply = _preflight(place, probe, origin)
        allowed = reply.headers.get("access-control-allow-origin", "")
        names = reply.headers.get("access-control-allow-headers", "").lower()
        if allowed != origin or "authorization" not in names:
            sheet.fail(
                place.url,
                "cors",
                f"pages of {origin} may not call: the preflight answers {reply.status} with "
                f"Access-Control-Allow-Origin {allowed or 'absent'}",
                f"list exactly {origin} in CORS_ORIGINS, and let the proxy pass OPTIONS on",
            )
            return
    sheet.ok(
        place.url,
        "cors",
        f"only listed origins: {', '.join(origins)}" if origins else "a foreign origin is refused",
    )


def _preflight(place: Place, probe: Probe, origin: str) -> Reply:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return probe.send("OPTIONS", f"{place.url}/api/crosstalk-doctor/tasks", headers)


def check_token(place: Place, probe: Probe, keys: Keys, token: str | None, sheet: Sheet) -> None:
    """A user's token is accepted, and issuer, audience and keys agree."""
    if token is None:
        sheet.skip(place.url, "token", "give a user's token (--token) to check that it is accepted")
        return
    claims = read_token(token)
    if claims is None:
        sheet.fail(place.url, "token", "it is no JWT", "give a JWT of the sign-in service")
        return
    subject = quote(claims.subject, safe="")
    headers = {"Authorization": f"Bearer {token}"}
    reply = probe.get(f"{place.url}/api/{subject}/stats", headers)
    if reply.status == 200:
        sheet.ok(place.url, "token", f"accepted: issuer {claims.issuer}, audience agree")
        return
    problems = claims.problems(keys.of_issuer(claims.issuer))
    if not problems and reply.status == 401:
        problems = [
            f"nothing is wrong with it itself, so the backend does not trust its issuer "
            f"({claims.issuer}) for the audience {', '.join(claims.audiences)}"
        ]
    sheet.fail(
        place.url,
        "token",
        f"answered {reply.status or reply.error}: {'; '.join(problems) or 'see the log'}",
        "in TRUSTED_ISSUERS set issuer to exactly the token's iss, audience to its aud, jwks_url "
        "to where its keys are and algorithms to its alg; or give a fresh token",
    )
