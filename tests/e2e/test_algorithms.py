"""Better Auth's own tokens, in each algorithm that it is set to sign with."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable

import httpx2

from crosstalk.environment import RunningSystem
from crosstalk.targets.reference.sign_in import Account, SignIn


def _part(token: str, index: int) -> dict[str, object]:
    text = token.split(".")[index]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def _status(running: RunningSystem, subject: str, token: str) -> int:
    url = f"{running.backend_url}/api/{subject}/tasks"
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.get(url, headers=headers, timeout=30.0).status_code


def test_the_backend_takes_tokens_of_every_algorithm_and_of_former_keys(
    running: RunningSystem, set_frontend: Callable[..., None]
) -> None:
    origin = running.frontend_url or ""
    given: list[tuple[Account, str]] = []
    with SignIn(origin) as service:
        for algorithm in ("EdDSA", "ES256", "RS256"):
            set_frontend(AUTH_TOKEN_ALGORITHM=algorithm)
            person = service.sign_up(f"person-{secrets.token_hex(6)}")
            token = person.token()
            given.append((person, token))
            assert _part(token, 0)["alg"] == algorithm
            claims = _part(token, 1)
            assert set(claims) == {"sub", "email", "iss", "aud", "iat", "exp"}
            assert (claims["sub"], claims["iss"]) == (person.subject, origin)
            # Those who signed in while another key was in use are served still.
            for earlier, theirs in given:
                assert _status(running, earlier.subject, theirs) == 200
                assert _status(running, "somebody-else", theirs) == 403
            head, body, signature = token.split(".")
            other = "A" if signature[9] != "A" else "B"
            forged = f"{head}.{body}.{signature[:9]}{other}{signature[10:]}"
            assert _status(running, person.subject, forged) == 401
        keys = httpx2.get(f"{origin}/api/auth/jwks", timeout=30.0).json()["keys"]
    assert {key["alg"] for key in keys} == {"EdDSA", "ES256", "RS256"}
    assert all("d" not in key for key in keys)
