"""Settings of services in containers, which reach each other by name and are published on loopback.

Every public address is on loopback, as for processes, so that the harness and a browser drive both
alike; only the addresses of keys and the hosts that services listen on differ.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from crosstalk.environment.backends.wiring import DATABASE, ISSUER_ALGORITHMS, Wiring
from crosstalk.tokens import LocalIssuer

# Service to the port that its image listens on.
INSIDE = {
    "postgresql": 5432,
    "issuer": 8003,
    "model": 8002,
    "mcp": 8001,
    "backend": 8000,
    "frontend": 3000,
}
METRICS_INSIDE = 9100
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - a container has its network to itself


@dataclass(slots=True)
class PublishingIssuer(LocalIssuer):
    """A test issuer that also writes its public keys to a folder of their own.

    The container that publishes them sees nothing else.

    Attributes:
        published: The folder.
    """

    published: Path | None = None

    def save(self, path: Path) -> None:
        """Write the private keys for this user alone, and the JWKS for every account."""
        # Named in full: a slotted dataclass is not the class that `super()` knows.
        LocalIssuer.save(self, path)
        if self.published is not None:
            self.published.mkdir(mode=0o755, exist_ok=True)
            fresh = self.published / "jwks.new"
            fresh.write_text(json.dumps(self.jwks()), encoding="utf-8")
            fresh.chmod(0o644)
            fresh.replace(self.published / "jwks.json")


@dataclass(slots=True)
class ContainerWiring(Wiring):
    """Addresses, keys and passwords of a run whose services are containers.

    Attributes:
        admin_password: Password of the database's administrator.
    """

    admin_password: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        Wiring.__post_init__(self)
        self.issuer = PublishingIssuer(
            self.url("issuer"),
            LocalIssuer.create(self.url("issuer"), ISSUER_ALGORITHMS).keys,
            published=self.published,
        )
        self.admin_password = secrets.token_urlsafe(18)

    @property
    def published(self) -> Path:
        """Folder of the issuer's public keys."""
        return self.options.run_folder.resolve() / "published"

    @property
    def admin_url(self) -> str:
        """The administrator's `postgresql://` URL on loopback."""
        place = f"127.0.0.1:{self.ports['postgresql']}"
        return f"postgresql://postgres:{self.admin_password}@{place}/postgres"

    def place(self, service: str) -> str:
        """Return the host and port at which containers reach a service."""
        return f"{service}:{INSIDE[service]}"

    def published_ports(self, service: str) -> dict[int, int]:
        """Map a container's ports to those on loopback."""
        metrics = self.ports.get(f"{service}_metrics")
        return {
            INSIDE[service]: self.ports[service],
            **({METRICS_INSIDE: metrics} if metrics else {}),
        }

    def environment(self, service: str) -> dict[str, str]:
        """Return a container's environment variables, beside those of its image."""
        own = {
            "mcp": self._mcp_inside,
            "backend": self._backend_inside,
            "frontend": self._frontend_inside,
        }
        return {
            **self.settings(service),
            **self.handed_on(service),
            **(own[service]() if service in own else {}),
            **self.options.extra_env.get(service, {}),
        }

    def command(self, service: str) -> list[str]:
        """Return a container's command; empty for its image's own."""
        if service != "model":
            return []
        options = self.options
        delays = ["--piece-ms", str(options.model_piece_ms)]
        delays += ["--think-ms", str(options.model_think_ms)]
        listening = ["--host", _EVERYWHERE, "--port", str(INSIDE["model"])]
        adversarial = ["--adversarial"] if options.adversarial_model else []
        return ["python", "-m", "crosstalk.model", *listening, *delays, *adversarial]

    def bootstrap(self) -> dict[str, str]:
        """Return the environment variables of the migrations' container."""
        place = self.place("postgresql")
        owner = f"postgresql://crosstalk_owner:{self.passwords['owner']}@{place}/{DATABASE}"
        return self._bootstrap(
            f"postgresql://postgres:{self.admin_password}@{place}/postgres", owner
        )

    def _mcp_inside(self) -> dict[str, str]:
        return {
            **self._watched(),
            "MCP_PORT": str(INSIDE["mcp"]),
            # The backend calls it by that name; the resource's is the public one.
            "MCP_ALLOWED_HOSTS": json.dumps([self.place("mcp")]),
        }

    def _backend_inside(self) -> dict[str, str]:
        return {
            **self._watched(),
            "BACKEND_PORT": str(INSIDE["backend"]),
            "MCP_URL": f"{self.reach('mcp')}/mcp",
            "MCP_RESOURCE_URL": self.mcp_url,
        }

    def _frontend_inside(self) -> dict[str, str]:
        return {
            "FRONTEND_PORT": str(INSIDE["frontend"]),
            "BACKEND_INTERNAL_URL": self.reach("backend"),
        }

    def _watched(self) -> dict[str, str]:
        return {"METRICS_HOST": _EVERYWHERE, "METRICS_PORT": str(METRICS_INSIDE)}
