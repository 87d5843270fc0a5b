"""Checks of the MCP server: challenge, metadata, host names, and the handshake."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from crosstalk.doctor.backend import FOREIGN_ORIGIN
from crosstalk.doctor.client import BoundedClient, BoundedReply
from crosstalk.doctor.endpoint import MCP_ACCEPT, Endpoint, is_loopback
from crosstalk.doctor.keys import Keys, read_token
from crosstalk.doctor.report import Report

_LATEST = "2026-07-28"
_HANDSHAKE = "2025-06-18"
_FORGED_HOST = "crosstalk-doctor.invalid"
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": _HANDSHAKE,
        "capabilities": {},
        "clientInfo": {"name": "crosstalk-doctor", "version": "1"},
    },
}
_LIST = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/list",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": _LATEST,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "crosstalk-doctor", "version": "1"},
        }
    },
}
_LIST_HEADERS = {**MCP_ACCEPT, "MCP-Protocol-Version": _LATEST, "Mcp-Method": "tools/list"}


def check_challenge(endpoint: Endpoint, client: BoundedClient, report: Report) -> str | None:
    """Check that a request without a token gets 401 and names the metadata (RFC 9728 section 5.1).

    Returns:
        The metadata's URL.
    """
    reply = client.send("POST", endpoint.url, MCP_ACCEPT, _INITIALIZE)
    challenge = reply.headers.get("www-authenticate", "")
    found = re.search(r'resource_metadata="([^"]+)"', challenge)
    if reply.status == 401 and found and challenge.lower().startswith("bearer"):
        report.ok(endpoint.url, "challenge", "401 that names the metadata")
        return found[1]
    if reply.status == 200:
        report.fail(
            endpoint.url,
            "challenge",
            "it serves without a token",
            "put the bearer gate in front of the endpoint: anyone can call its tools now",
        )
    elif reply.status == 401:
        report.fail(
            endpoint.url,
            "challenge",
            "401 without WWW-Authenticate: Bearer resource_metadata=…",
            "let the proxy pass WWW-Authenticate on: clients find the sign-in through it",
        )
    elif reply.status == 421:
        report.fail(
            endpoint.url,
            "challenge",
            f"it does not answer to the name {urlsplit(endpoint.url).netloc} (421)",
            "set MCP_URL to this address, or list the name in MCP_ALLOWED_HOSTS",
        )
    else:
        report.fail(
            endpoint.url,
            "challenge",
            f"without a token it answers {reply.status or reply.error}, not 401",
            "see that the address is MCP_URL with its path, and that the proxy passes POST on",
        )
    return None


def check_metadata(
    endpoint: Endpoint, client: BoundedClient, url: str | None, report: Report
) -> Mapping[str, Any] | None:
    """Check that the protected-resource metadata (RFC 9728 section 3) names this very address."""
    path = urlsplit(endpoint.url).path
    url = url or f"{endpoint.origin}/.well-known/oauth-protected-resource{path}"
    reply = client.get(url)
    body = reply.json()
    if reply.status != 200 or not isinstance(body, dict) or "resource" not in body:
        report.fail(
            endpoint.url,
            "metadata",
            f"{url} is not resource metadata ({reply.status or reply.error})",
            "set MCP_URL to the public address, and let the proxy pass /.well-known/… on",
        )
        return None
    if body["resource"] != endpoint.url:
        report.fail(
            endpoint.url,
            "metadata",
            f"it calls itself {body['resource']}: tokens for {endpoint.url} are not accepted",
            f"set MCP_URL to {endpoint.url}, or use the address that it names",
        )
    elif not body.get("authorization_servers"):
        report.fail(
            endpoint.url,
            "metadata",
            "it names no authorization server",
            "set TRUSTED_ISSUERS: clients must learn where tokens come from",
        )
    else:
        report.ok(endpoint.url, "metadata", "names this address and its issuers")
    return body


def check_issuers(endpoint: Endpoint, keys: Keys, issuers: Sequence[str], report: Report) -> None:
    """Check that the keys of every issuer that it names can be fetched and used."""
    for issuer in issuers:
        parts = urlsplit(issuer)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            report.fail(
                endpoint.url,
                "issuer",
                f"{issuer} is not https: who controls the network can replace its keys",
                "serve the issuer over https, and name it so in TRUSTED_ISSUERS",
            )
            continue
        published = keys.of_issuer(issuer)
        if published.problem and published.keys:
            report.fail(
                endpoint.url,
                "issuer",
                published.problem,
                "have the issuer sign with EdDSA, ES256, RS256 or PS256, publish public keys only, "
                "and give each an id",
            )
        elif published.problem:
            report.warn(
                endpoint.url,
                "issuer",
                f"keys of {issuer} cannot be found from here",
                "see that the issuer answers; it may be inside a private network, or have its keys "
                "at an address that only TRUSTED_ISSUERS knows",
            )
        else:
            found = f"{issuer}: keys for {', '.join(published.algorithms)}"
            report.ok(endpoint.url, "issuer", found)


def check_subjects(
    endpoint: Endpoint, issuers: Sequence[str], metadata: Mapping[str, Any], report: Report
) -> None:
    """Check that two issuers cannot name different people by one user id.

    A `sub` is unique within its issuer alone (RFC 7519 section 4.1.2); the server's metadata says
    how it keeps those of several issuers apart (`crosstalk_subjects`).
    """
    change = (
        "in TRUSTED_ISSUERS give one of them a subject_prefix, or set shares_subjects where both "
        "sign the same people in"
    )
    published = metadata.get("crosstalk_subjects")
    if not isinstance(published, dict):
        if len(issuers) > 1:
            found = f"it does not say how it keeps subjects of {', '.join(issuers)} apart"
            report.warn(endpoint.url, "subjects", found, f"see that they are: {change}")
        return
    apart: dict[str, list[str]] = {}
    for issuer, entry in published.items():
        about = entry if isinstance(entry, dict) else {}
        if about.get("shared") is not True:
            apart.setdefault(str(about.get("prefix", "")), []).append(str(issuer))
    mixed = next((each for each in apart.values() if len(each) > 1), None)
    if mixed:
        found = f"{' and '.join(mixed)} may name different people by the same sub"
        report.fail(endpoint.url, "subjects", found, change)
    else:
        shared = len(published) - sum(map(len, apart.values()))
        told = f"{sum(map(len, apart.values()))} of people, each apart; {shared} act for these"
        report.ok(endpoint.url, "subjects", told)


def check_authorization(
    endpoint: Endpoint, client: BoundedClient, issuers: Sequence[str], report: Report
) -> None:
    """Check that clients can sign in by the metadata of its authorization servers (RFC 8414)."""
    for issuer in issuers:
        parts = urlsplit(issuer.rstrip("/"))
        at = f"{parts.scheme}://{parts.netloc}"
        found: Mapping[str, Any] = {}
        for url in (
            f"{at}/.well-known/oauth-authorization-server{parts.path}",
            f"{at}{parts.path}/.well-known/openid-configuration",
        ):
            body = found or client.get(url).json()
            found = body if isinstance(body, dict) and "token_endpoint" in body else {}
        if not found:
            # Many issuers are for clients that were set up by hand.
            report.ok(
                endpoint.url,
                "authorization",
                f"{issuer} publishes no metadata (RFC 8414): clients have to be set up by hand",
            )
        elif str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
            report.fail(
                endpoint.url,
                "authorization",
                f"the metadata of {issuer} is of {found.get('issuer')}: clients refuse it",
                "let authorization_servers and the metadata's issuer be the same text "
                "(RFC 8414, section 3.3)",
            )
        elif "S256" not in (found.get("code_challenge_methods_supported") or ()):
            report.warn(
                endpoint.url,
                "authorization",
                f"{issuer} does not say that it supports PKCE with S256: MCP clients do not go on",
                "list S256 under code_challenge_methods_supported",
            )
        else:
            grants = ", ".join(
                map(str, found.get("grant_types_supported") or ["authorization_code"])
            )
            said = f"{issuer}: tokens from {found['token_endpoint']} ({grants})"
            report.ok(endpoint.url, "authorization", said)


def check_names(endpoint: Endpoint, client: BoundedClient, report: Report) -> None:
    """Check that other host names and pages of other origins are refused (DNS rebinding)."""
    forged = client.send("POST", endpoint.url, {**MCP_ACCEPT, "Host": _FORGED_HOST}, _INITIALIZE)
    if _served(forged):
        report.fail(
            endpoint.url,
            "host names",
            f"it answers to the name {_FORGED_HOST} ({forged.status})",
            "list its own names only in MCP_ALLOWED_HOSTS",
        )
    else:
        report.ok(endpoint.url, "host names", f"a forged Host is refused ({_said(forged)})")
    page = client.send("POST", endpoint.url, {**MCP_ACCEPT, "Origin": FOREIGN_ORIGIN}, _INITIALIZE)
    if _served(page):
        report.fail(
            endpoint.url,
            "origins",
            f"a page of {FOREIGN_ORIGIN} may call it ({page.status})",
            "list the pages that may call it in MCP_ALLOWED_ORIGINS, and no others",
        )
    else:
        report.ok(endpoint.url, "origins", f"a foreign page is refused ({_said(page)})")


def _served(reply: BoundedReply) -> bool:
    """Tell whether the application behind any allow-list answered: data, or its own challenge."""
    return reply.status == 200 or "www-authenticate" in reply.headers


def _said(reply: BoundedReply) -> str:
    return str(reply.status or "no answer")


def check_handshake(
    endpoint: Endpoint,
    client: BoundedClient,
    keys: Keys,
    issuers: Sequence[str],
    token: str | None,
    report: Report,
) -> None:
    """Check with a token that the newest revision lists tools, and that the handshake works."""
    if token is None:
        report.skip(
            endpoint.url,
            "handshake",
            "give a token for this server (--mcp-token) to list its tools",
        )
        return
    bearer = {"Authorization": f"Bearer {token}"}
    listed = client.send("POST", endpoint.url, {**_LIST_HEADERS, **bearer}, _LIST)
    tools = _result(listed).get("tools")
    begun = client.send("POST", endpoint.url, {**MCP_ACCEPT, **bearer}, _INITIALIZE)
    agreed = _result(begun).get("protocolVersion")
    if isinstance(tools, list) and agreed:
        found = f"{len(tools)} tools in {_LATEST}; {agreed} by handshake"
        report.ok(endpoint.url, "handshake", found)
    elif agreed:
        report.warn(
            endpoint.url,
            "handshake",
            f"it speaks {agreed}, not {_LATEST}",
            "upgrade the server: one request a call needs no session",
        )
    else:
        claims = read_token(token)
        problems = claims.problems(keys.of_issuer(claims.issuer)) if claims else ["it is not a JWT"]
        if claims and endpoint.url not in claims.audiences:
            problems.append(f"it is for {', '.join(claims.audiences)}, not for {endpoint.url}")
        if claims and claims.issuer not in issuers:
            problems.append(f"its issuer {claims.issuer} is none of {', '.join(issuers)}")
        report.fail(
            endpoint.url,
            "handshake",
            f"{_refusal(begun)}: {'; '.join(problems) or 'see the log'}",
            "give a fresh token whose aud is MCP_URL (RFC 8707) and whose iss is one of "
            "TRUSTED_ISSUERS",
        )


def _refusal(reply: BoundedReply) -> str:
    """What the server said of the token, in words where the challenge has any (RFC 6750)."""
    said = re.search(r'error_description="([^"]+)"', reply.headers.get("www-authenticate", ""))
    words = f" ({said[1]})" if said else ""
    what = "refuses the token" if reply.status in (401, 403) else "answers with the token"
    return f"it {what}: {reply.status or reply.error}{words}"


def _result(reply: BoundedReply) -> Mapping[str, Any]:
    body = reply.json()
    result = body.get("result") if isinstance(body, dict) else None
    return result if isinstance(result, dict) else {}
