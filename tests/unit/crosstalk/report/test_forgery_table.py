"""Lines by which an accepted forgery can be seen again."""

from __future__ import annotations

import shlex

import httpx2

from crosstalk.report.forgery_table import forgery_lines
from crosstalk.tokens import BY_NAME, ForgeryContext, LocalIssuer
from crosstalk.tokens.trial import Attempt, http_target, try_forgeries

CONTEXT = ForgeryContext(
    LocalIssuer.create("http://issuer.test"),
    LocalIssuer.create("http://stranger.test", ("EdDSA", "ES256")),
    "alice",
    "backend",
    "http://mcp.test",
)


async def _accepted(name: str) -> tuple[Attempt, httpx2.Request]:
    """Return the attempt of a forgery at a surface that serves everything, and its request."""
    sent: list[httpx2.Request] = []

    def serve(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, text="served")

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(serve)) as client:
        url = "http://backend.test/api/alice/tasks"
        target = http_target(client, "POST", url, json={"title": "it's"}, context=CONTEXT)
        report = await try_forgeries({"rest": target}, CONTEXT, forgeries=[BY_NAME[name]])
    (attempt,) = report.accepted
    return attempt, sent[1]


async def test_accepted_forgery_has_a_curl_line_with_its_token_as_a_variable() -> None:
    attempt, sent = await _accepted("expired")
    described, again, variable, url, command = forgery_lines(attempt)
    assert described.startswith("# expired on rest, answered 200: ")
    assert again == "crosstalk forgeries --only expired"
    token = sent.headers["authorization"].removeprefix("Bearer ")
    assert variable == f"FORGED={token}"
    assert token not in command
    words = shlex.split(command)
    assert "Authorization: Bearer $FORGED" in words
    assert url == "URL=http://backend.test"
    assert f"$URL{sent.url.path}" in words
    assert sent.content.decode() in words


async def test_accepted_forgery_in_a_query_names_its_variable_in_the_address() -> None:
    attempt, sent = await _accepted("token-in-query")
    command = forgery_lines(attempt)[-1]
    assert f"$URL{sent.url.path}?access_token=$FORGED" in shlex.split(command)


async def test_request_without_a_credential_needs_no_variable() -> None:
    attempt, _ = await _accepted("no-credential")
    _, _, _, command = forgery_lines(attempt)
    assert "FORGED" not in command
    assert command.startswith("curl -sS -i ")


async def test_line_that_runs_the_trial_again_plants_the_same_leak() -> None:
    attempt, _ = await _accepted("expired")
    again = forgery_lines(attempt, "signature-not-checked")[1]
    assert again == "crosstalk forgeries --only expired --mutant signature-not-checked"
