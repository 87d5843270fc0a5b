"""The system that `docker compose` runs here, attached by the file that `crosstalk env` wrote.

The file holds secrets that only the harness needs: the database's passwords, and the key with
which the backend signs its tokens for the MCP server. Tokens for the backend come from the frontend
alone, so that its callers sign up there. Nothing is started or ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from crosstalk.environment.backends.running import RunningSystem
from crosstalk.environment.backends.wiring import DATABASE
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.probes import require_answer
from crosstalk.tokens import KeyPair, LocalIssuer

_LINE = re.compile(r"^([A-Z_]+)=(?:'([^']*)'|(.*))$")
_ROLES = {"owner": "OWNER", "backend": "BACKEND", "mcp": "MCP", "auth": "AUTH"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A system in containers that runs already.

    Attributes:
        file: The file that `crosstalk env` wrote for it.
        disposable_data: Users' data may be deleted.
    """

    file: Path
    disposable_data: bool = False


@dataclass(slots=True)
class AttachedSystem(RunningSystem):
    """A running system that was not started here.

    Attributes:
        disposable_data: Users' data may be deleted.
    """

    disposable_data: bool = field(default=False, kw_only=True)

    def mint(
        self, subject: str, *, audience: str = "backend", ttl: int = 600, **claims: Any
    ) -> str:
        """Mint a token for `mcp`, as the backend would; `ttl` in seconds.

        Raises:
            EnvironmentFailed: It is for the backend.
        """
        if audience == "backend":
            raise EnvironmentFailed(
                "tokens for the backend come from the frontend: sign up there instead"
            )
        return RunningSystem.mint(self, subject, audience=audience, ttl=ttl, **claims)

    def reset(self) -> None:
        """Delete all users' data.

        Raises:
            EnvironmentFailed: It may not be deleted, or the database does not do it.
        """
        if not self.disposable_data:
            raise EnvironmentFailed(
                "users' data of an attached system stays: say --disposable-data to delete it"
            )
        RunningSystem.reset(self)


class AttachedEnvironment:
    """Attaches to the system; leaving the `with` block leaves it as it is.

    Args:
        attachment: Which system, and whether its users' data may be deleted. Its logs are in the
            folder `logs` beside the file, if they are kept.
    """

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment

    def __enter__(self) -> AttachedSystem:
        """Check that the system is there.

        Raises:
            EnvironmentFailed: The file cannot be read or lacks something, or no server answers.
        """
        folder = self._attachment.file.resolve().parent
        found = read_settings(self._attachment.file)
        place = Addresses.of(found)
        for url in (place.frontend, place.backend, place.mcp):
            require_answer(url)
        issuer = LocalIssuer(place.backend, [_key(found, self._attachment.file)])
        return AttachedSystem(
            kind="attached",
            backend_url=place.backend,
            mcp_url=place.mcp,
            model_url=None,
            issuer=issuer,
            exchanger=issuer,
            caller=LocalIssuer(place.mcp.rsplit("/", 1)[0], [KeyPair.generate("EdDSA")]),
            issuer_keys=folder / "issuer-keys.json",
            databases=_databases(found) if self._attachment.disposable_data else {},
            logs=folder / "logs",
            services={},
            system_root=None,
            _guard=None,
            frontend_url=place.frontend,
            disposable_data=self._attachment.disposable_data,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the system as it is."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses at which `compose.yaml` publishes the system.

    Attributes:
        frontend: Origin of the pages.
        backend: Base URL of the REST API, and issuer of the backend's tokens.
        mcp: URL of the MCP endpoint, which is also its resource.
    """

    frontend: str
    backend: str
    mcp: str

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Addresses:
        """Derive them from the settings as `compose.yaml` does."""

        def local(name: str, port: int) -> str:
            return f"http://localhost:{settings.get(name) or port}"

        return cls(
            settings.get("FRONTEND_URL") or local("FRONTEND_PORT", 3000),
            settings.get("BACKEND_URL") or local("BACKEND_PORT", 8000),
            settings.get("MCP_PUBLIC_URL") or f"{local('MCP_PORT', 8001)}/mcp",
        )


def read_settings(file: Path) -> dict[str, str]:
    """Read the settings of a file that `crosstalk env` wrote.

    Raises:
        EnvironmentFailed: There is no such file.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise EnvironmentFailed(
            f"{file} cannot be read ({reason}): name the file that `crosstalk env` wrote"
        ) from error
    matches = [match for line in lines if (match := _LINE.match(line))]
    return {match[1]: match[2] if match[2] is not None else match[3] for match in matches}


def _key(settings: Mapping[str, str], file: Path) -> KeyPair:
    try:
        return KeyPair.from_private_jwk(json.loads(settings["BACKEND_SIGNING_KEY"]))
    except (KeyError, ValueError, TypeError) as error:
        raise EnvironmentFailed(
            f"{file} has no BACKEND_SIGNING_KEY that can be used: was it written by "
            "`crosstalk env`?"
        ) from error


def _databases(settings: Mapping[str, str]) -> dict[str, str]:
    port = settings.get("POSTGRES_PORT") or "0"
    if port == "0":
        return {}
    place = f"127.0.0.1:{port}/{DATABASE}"
    urls = {
        role: f"postgresql://crosstalk_{role}:{quote(word, safe='')}@{place}"
        for role, name in _ROLES.items()
        if (word := settings.get(f"{name}_DATABASE_PASSWORD"))
    }
    admin = quote(settings.get("POSTGRES_PASSWORD", ""), safe="")
    return {**urls, "admin": f"postgresql://postgres:{admin}@{place}"}
