"""Every check of the doctor, seen to fail, with what to change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.doctor import CheckResult, Options, Report, Status, diagnose, transport
from crosstalk.doctor.endpoint import Endpoint, parse
from crosstalk.tokens import KeyPair, LocalIssuer
from tests.unit.crosstalk.doctor.deployment import Deployment, Told, deployed

Change = Callable[[Deployment], object]


@pytest.fixture
def system() -> Iterator[Deployment]:
    """A deployment without a fault."""
    with deployed() as made:
        yield made


def look(kind: str, system: Deployment, **options: Any) -> list[CheckResult]:
    """Diagnose one of the two services."""
    url = system.mcp_url if kind == "mcp" else system.url
    report, _ = diagnose(Options(urls=[f"{kind}={url}"], timeout=2.0, **options))
    return report.results


def entry(results: list[CheckResult], check: str) -> CheckResult:
    """Return the one result of a check."""
    (found,) = [each for each in results if each.check == check]
    return found


@pytest.mark.parametrize("kind", ["backend", "mcp"])
def test_diagnosis_of_a_sound_service_has_no_failure(system: Deployment, kind: str) -> None:
    results = look(
        kind,
        system,
        origins=["https://app.acme.test"],
        token=system.token(),
        mcp_token=system.token(system.mcp_url),
    )
    assert {each.status for each in results if each.check != "tls"} == {Status.OK}


def test_diagnosis_recognizes_the_kind_of_each_service(system: Deployment) -> None:
    with deployed() as page:
        page.say("GET /", 200, "<html>", Content_Type="text/html")
        report, _ = diagnose(Options(urls=[system.mcp_url, page.url, f"{system.url}/"]))
    checks = {(each.target, each.check) for each in report.results}
    assert (system.mcp_url, "challenge") in checks
    assert (system.url, "cors") in checks
    assert not [check for target, check in checks if target == page.url and check == "ready"]
    # The origin of the front end is one whose pages must be able to call the backend.
    assert (
        f"list exactly {page.url}"
        in entry([each for each in report.results if each.target == system.url], "cors").change
    )


def _private(system: Deployment) -> None:
    system.say("GET /.well-known/jwks.json", 200, {"keys": [system.issuer.keys[0].private_jwk()]})


def _weak(system: Deployment) -> None:
    weak = {"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB"}
    other = {"kty": "OKP", "crv": "X25519", "kid": "2", "x": "AQAB"}
    system.say("GET /.well-known/jwks.json", 200, {"keys": [weak, other]})


def _nameless(system: Deployment) -> None:
    key = {**KeyPair.generate("EdDSA").public_jwk(), "kid": ""}
    system.say("GET /.well-known/jwks.json", 200, {"keys": [key]})


def _echo(system: Deployment) -> None:
    system.answers["OPTIONS /api"] = lambda asked: Told(
        200, "", {"Access-Control-Allow-Origin": asked.headers["origin"]}
    )


def _without_challenge(system: Deployment) -> None:
    system.say("POST /mcp", 401, {})


def _any_name(system: Deployment) -> None:
    system.answers["POST /mcp"] = lambda asked: system.mcp(
        type(asked)(
            asked.method,
            asked.path,
            {**asked.headers, "host": system.url.removeprefix("http://")},
            asked.body,
        )
    )


def _any_page(system: Deployment) -> None:
    system.answers["POST /mcp"] = lambda asked: system.mcp(
        type(asked)(
            asked.method,
            asked.path,
            {name: value for name, value in asked.headers.items() if name != "origin"},
            asked.body,
        )
    )


def _authorization(system: Deployment, **changes: Any) -> None:
    """Have the authorization server publish metadata that is sound but for the changes."""
    sound = {
        "issuer": system.url,
        "token_endpoint": f"{system.url}/token",
        "code_challenge_methods_supported": ["S256"],
    }
    body = {**sound, **changes}
    system.say("GET /.well-known/oauth-authorization-server", 200, body)


def _metadata(system: Deployment, **changes: Any) -> None:
    body = {"resource": system.mcp_url, "authorization_servers": [system.url], **changes}
    system.say("GET /.well-known/oauth-protected-resource/mcp", 200, body)


def _subjects(system: Deployment, *, shared: bool = False, **prefixes: str) -> None:
    subjects = {
        f"{system.url}/{name}": {"prefix": prefix, "shared": shared}
        for name, prefix in prefixes.items()
    }
    _metadata(system, crosstalk_subjects=subjects)


_FIGURES = "# HELP x y\n# TYPE x counter\nx 1\n"
_DOWN = {"status": "unavailable", "checks": {"database": "unavailable", "mcp": "ok"}}
_HALF = {"status": "degraded", "checks": {"database": "ok", "issuers": "unavailable"}}


@pytest.mark.parametrize(
    ("kind", "wrong", "check", "status", "found", "change"),
    [
        (
            "backend",
            lambda s: s.say("GET /", 502),
            "reachable",
            "fail",
            "proxy answers 502",
            "prox",
        ),
        ("backend", lambda s: setattr(s, "date", ""), "clock", "warn", "no Date", "send one"),
        (
            "mcp",
            lambda s: setattr(s, "date", formatdate(time.time() - 6, usegmt=True)),
            "clock",
            "warn",
            "behind",
            "NTP",
        ),
        (
            "backend",
            lambda s: setattr(s, "date", formatdate(time.time() + 90, usegmt=True)),
            "clock",
            "fail",
            "ahead of",
            "NTP",
        ),
        (
            "backend",
            lambda s: s.headers.pop("X-Content-Type-Options"),
            "headers",
            "warn",
            "missing: X-Content-Type-Options: nosniff",
            "send them",
        ),
        (
            "mcp",
            lambda s: s.headers.pop("Cache-Control"),
            "headers",
            "warn",
            "Cache-Control: no-store",
            "send them",
        ),
        (
            "backend",
            lambda s: s.headers.update(Server="nginx/1.24.0"),
            "headers",
            "warn",
            "Server: nginx/1.24.0".lower(),
            "switch",
        ),
        ("frontend", lambda s: None, "headers", "warn", "Content-Security-Policy", "send them"),
        (
            "backend",
            lambda s: s.say("GET /metrics", 200, _FIGURES),
            "metrics hidden",
            "fail",
            "/metrics shows",
            "METRICS_PORT",
        ),
        ("backend", lambda s: s.say("GET /health", 404), "health", "fail", "answers 404", "proxy"),
        ("mcp", lambda s: s.say("GET /health", 500), "health", "fail", "answers 500", "process"),
        (
            "backend",
            lambda s: s.say("GET /ready", 503, _DOWN),
            "ready",
            "fail",
            "not usable: database",
            "DATABASE_URL",
        ),
        (
            "mcp",
            lambda s: s.say("GET /ready", 200, _HALF),
            "ready",
            "warn",
            "works without: issuers",
            "TRUSTED_ISSUERS",
        ),
        ("backend", lambda s: s.say("GET /ready", 500), "ready", "fail", "answers 500", "log"),
        (
            "backend",
            lambda s: s.say("GET /api", 200, {}),
            "needs a token",
            "fail",
            "answers 200",
            "the backend's",
        ),
        (
            "backend",
            lambda s: s.say("GET /.well-known/jwks.json", 404),
            "keys",
            "fail",
            "not a JWKS (404)",
            "BACKEND_SIGNING_KEY",
        ),
        ("backend", _private, "keys", "fail", "PRIVATE key", "withdraw"),
        ("backend", _weak, "keys", "fail", "no key for any", "BACKEND_SIGNING_KEY"),
        ("backend", _nameless, "keys", "fail", "without an id", "BACKEND_SIGNING_KEY"),
        ("backend", _echo, "cors", "fail", "any origin", "no *"),
        (
            "backend",
            lambda s: s.say("OPTIONS /api", 200, "", Access_Control_Allow_Origin="*"),
            "cors",
            "fail",
            "any origin",
            "CORS_ORIGINS",
        ),
        (
            "backend",
            lambda s: s.say("OPTIONS /api", 400),
            "cors",
            "fail",
            "may not call",
            "list exactly https://app.acme.test",
        ),
        (
            "mcp",
            lambda s: s.say("POST /mcp", 200, {"jsonrpc": "2.0", "id": 1, "result": {}}),
            "challenge",
            "fail",
            "serves without a token",
            "bearer gate",
        ),
        ("mcp", _without_challenge, "challenge", "fail", "401 without", "WWW-Authenticate"),
        (
            "mcp",
            lambda s: s.say("POST /mcp", 421, {}),
            "challenge",
            "fail",
            "(421)",
            "MCP_ALLOWED_HOSTS",
        ),
        ("mcp", lambda s: s.say("POST /mcp", 404), "challenge", "fail", "404", "MCP_URL"),
        (
            "mcp",
            lambda s: s.say("GET /.well-known/oauth-protected-resource/mcp", 404),
            "metadata",
            "fail",
            "not resource metadata",
            "MCP_URL",
        ),
        (
            "mcp",
            lambda s: _metadata(s, resource="http://mcp:8001/mcp"),
            "metadata",
            "fail",
            "calls itself http://mcp:8001/mcp",
            "set MCP_URL",
        ),
        (
            "mcp",
            lambda s: _metadata(s, authorization_servers=[]),
            "metadata",
            "fail",
            "no authorization server",
            "TRUSTED_ISSUERS",
        ),
        (
            "mcp",
            lambda s: _authorization(s, issuer="https://other.acme.test"),
            "authorization",
            "fail",
            "is of https://other.acme.test",
            "RFC 8414",
        ),
        (
            "mcp",
            lambda s: _authorization(s, code_challenge_methods_supported=["plain"]),
            "authorization",
            "warn",
            "PKCE with S256",
            "list S256",
        ),
        (
            "mcp",
            lambda s: _metadata(s, authorization_servers=["http://issuer.acme.test"]),
            "issuer",
            "fail",
            "is not https",
            "https",
        ),
        (
            "mcp",
            lambda s: s.say("GET /.well-known/jwks.json", 500),
            "issuer",
            "warn",
            "cannot be found",
            "private network",
        ),
        (
            "mcp",
            lambda s: _subjects(s, first="", second=""),
            "subjects",
            "fail",
            "different people by the same sub",
            "subject_prefix",
        ),
        (
            "mcp",
            lambda s: _metadata(s, authorization_servers=[s.url, f"{s.url}/second"]),
            "subjects",
            "warn",
            "does not say",
            "shares_subjects",
        ),
        ("mcp", _any_name, "host names", "fail", "answers to the name", "MCP_ALLOWED_HOSTS"),
        ("mcp", _any_page, "origins", "fail", "may call it", "MCP_ALLOWED_ORIGINS"),
    ],
)
def test_diagnosis_finds_a_planted_fault_and_says_what_to_change(
    system: Deployment, kind: str, wrong: Change, check: str, status: str, found: str, change: str
) -> None:
    wrong(system)
    said = entry(look(kind, system, origins=["https://app.acme.test"]), check)
    assert said.status == status
    assert found in said.found
    assert change in said.change


@pytest.mark.parametrize(
    ("prefixes", "shared"), [({"first": "", "second": "two:"}, False), ({"a": "", "b": ""}, True)]
)
def test_diagnosis_accepts_issuers_whose_subjects_are_apart_or_shared(
    system: Deployment, prefixes: dict[str, str], shared: bool
) -> None:
    _subjects(system, shared=shared, **prefixes)
    assert entry(look("mcp", system), "subjects").status == Status.OK


def test_diagnosis_finds_a_published_private_key(system: Deployment) -> None:
    _private(system)
    said = entry(look("mcp", system), "issuer")
    assert (said.status, "public keys only" in said.change) == (Status.FAIL, True)


def test_diagnosis_finds_an_issuers_keys_by_its_metadata(system: Deployment) -> None:
    system.say("GET /.well-known/jwks.json", 404)
    body = {"issuer": system.url, "jwks_uri": f"{system.url}/elsewhere"}
    system.say("GET /.well-known/openid-configuration", 200, body)
    system.answers["GET /elsewhere"] = lambda asked: Told(200, system.issuer.jwks())
    assert entry(look("mcp", system), "issuer").status is Status.OK


def _stranger() -> LocalIssuer:
    return LocalIssuer.create("http://127.0.0.1:9", ("EdDSA",))


@pytest.mark.parametrize(
    ("token", "found"),
    [
        (lambda s: "abc", "it is not a JWT"),
        (lambda s: s.token(ttl=-60), "it has expired"),
        (lambda s: _stranger().mint("x", audience="y", ttl=60), "no keys were found"),
        (
            lambda s: LocalIssuer.create(s.url, ("EdDSA",)).mint("x", audience="y", ttl=60),
            "is not among those",
        ),
        (lambda s: s.token("another-audience"), "for the audience another-audience"),
    ],
)
def test_diagnosis_explains_a_refused_token(
    system: Deployment, token: Callable[[Deployment], str], found: str
) -> None:
    given = token(system)
    system.accepted.clear()
    said = entry(look("backend", system, token=given), "token")
    assert (said.status, found in said.found) == (Status.FAIL, True), said.found
    assert "TRUSTED_ISSUERS" in said.change or "JWT" in said.change


def test_diagnosis_names_the_audience_of_a_token_that_mcp_refuses(system: Deployment) -> None:
    token = system.token("crosstalk-backend")
    system.accepted.clear()
    said = entry(look("mcp", system, mcp_token=token), "handshake")
    assert said.status is Status.FAIL
    assert f"it is for crosstalk-backend, not for {system.mcp_url}" in said.found


def test_diagnosis_tells_an_mcp_server_of_an_older_revision_to_upgrade(system: Deployment) -> None:
    healthy = system.answers["POST /mcp"]
    system.answers["POST /mcp"] = lambda asked: (
        Told(400, {}) if (asked.body or {}).get("method") == "tools/list" else healthy(asked)
    )
    said = entry(look("mcp", system, mcp_token=system.token(system.mcp_url)), "handshake")
    assert (said.status, "2025-06-18" in said.found) == (Status.WARN, True)


def test_diagnosis_skips_and_names_checks_that_lack_a_token(system: Deployment) -> None:
    assert entry(look("backend", system), "token").status is Status.SKIP
    assert entry(look("mcp", system), "handshake").status is Status.SKIP


def test_diagnosis_of_an_address_without_a_service_fails(system: Deployment) -> None:
    report, requests = diagnose(Options(urls=["backend=http://127.0.0.1:9"], timeout=1.0))
    said = entry(report.results, "reachable")
    assert (said.status, "port" in said.change) == (Status.FAIL, True)
    assert requests == 1


def test_diagnosis_fails_plain_http_across_a_network() -> None:
    report = Report()
    transport.check_tls(Endpoint("http://api.acme.test", "backend"), None, report)  # type: ignore[arg-type]
    assert entry(report.results, "tls").status is Status.FAIL


def test_diagnosis_sends_tokens_to_the_given_address_alone(system: Deployment) -> None:
    with deployed() as other:
        _metadata(system, authorization_servers=[other.url])
        system.answers["POST /mcp"] = lambda asked: Told(307, "", {"Location": other.mcp_url})
        look("mcp", system, mcp_token="a.b.c", token="d.e.f")
        look("backend", system, mcp_token="a.b.c", token="d.e.f")
        assert other.asked
        assert not [each for each in other.asked if "authorization" in each.headers]


@pytest.mark.parametrize("given", ["acme.test", "ftp://acme.test", "https://", "http://[::1", ""])
def test_endpoint_refuses_what_is_not_a_url(given: str) -> None:
    with pytest.raises(HarnessError, match=r"not an? "):
        parse(given)


def test_endpoint_refuses_credentials_in_a_url() -> None:
    with pytest.raises(HarnessError, match="leave user and password out") as refused:
        parse("https://alice:hunter2@acme.test")
    assert "hunter2" not in str(refused.value)


def test_diagnosis_names_where_tokens_come_from(system: Deployment) -> None:
    _authorization(system, grant_types_supported=["client_credentials"])
    found = entry(look("mcp", system), "authorization")
    assert found.status is Status.OK
    assert f"tokens from {system.url}/token (client_credentials)" in found.found


def test_diagnosis_says_that_a_token_was_refused_and_why(system: Deployment) -> None:
    challenge = 'Bearer error="invalid_token", error_description="the token has expired"'
    system.say("POST /mcp", 401, {}, WWW_Authenticate=challenge)
    found = entry(look("mcp", system, mcp_token=system.token(system.mcp_url)), "handshake")
    assert "it refuses the token: 401 (the token has expired)" in found.found
