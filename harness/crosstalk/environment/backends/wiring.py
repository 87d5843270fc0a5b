"""Commands and environment variables of the services.

A service gets the few variables that any program needs, and its own settings. Nothing of the
caller's shell leaks into it, an `OPENAI_API_KEY` least of all; only `up`, which a person starts,
hands on the settings that their shell has.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crosstalk.core.neighbours import SECOND_ISSUER
from crosstalk.environment.backends.options import ProcessOptions
from crosstalk.environment.backends.replicas import service_of
from crosstalk.environment.backends.replicas import settings as replica_settings
from crosstalk.environment.parts.service_settings import settings_of_service
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.cache import cache_folder
from crosstalk.tokens import BACKEND_AUDIENCE, KeyPair, LocalIssuer

DATABASE = "crosstalk"
ISSUER_ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")
_SIGN_IN_ALGORITHMS = ("EdDSA", "ES256", "RS256")
# Settings of the services' limits, which a campaign lifts.
LIMITS = (
    "RATE_LIMIT_PER_MINUTE",
    "RATE_LIMIT_BURST",
    "CHAT_RATE_LIMIT_PER_MINUTE",
    "CHAT_RATE_LIMIT_BURST",
)
# A token of an unknown key waits for the next fetch of the keys, and a campaign presents many. The
# issuer is one of the start's own: it needs no sparing, and the shortest interval is taken.
KEYS_INTERVAL = {"JWKS_REFRESH_SECONDS": "0.1"}
# What the start gives a service and a person may replace; `up` lets them.
_REPLACEABLE = frozenset({"LOG_LEVEL", "DRAIN_SECONDS", *KEYS_INTERVAL, *LIMITS})
# What a person's shell has for other programs, or what a start on loopback cannot take over.
_NEVER_HANDED_ON = frozenset(
    {
        *("BACKEND_HOST", "MCP_HOST", "METRICS_HOST"),
        *("MCP_DATA_ACCESS", "MCP_SIGNING_KEY", "DATABASE_POOLER"),
        # Options of the start, because they choose between the models.
        *("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API"),
    }
)
_ROLES = ("owner", "backend", "mcp", "auth")
# Variables that locate programs, libraries, certificates and temporary files.
_INHERITED = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "VIRTUAL_ENV",
)
# Proxies, for the one service that may have to reach the network.
_PROXIES = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


@dataclass(slots=True)
class Wiring:
    """Addresses, keys and passwords of a run, and the settings that follow from them.

    Attributes:
        options: The options of the start.
        root: Folder that contains the `system` package.
        ports: Service name to port.
        issuer: The test issuer.
        exchanger: Has the backend's own key.
        caller: Has the MCP server's own key, for calls to the backend.
        passwords: Database role to password.
    """

    options: ProcessOptions
    root: Path
    ports: Mapping[str, int]
    issuer: LocalIssuer = field(init=False)
    exchanger: LocalIssuer = field(init=False)
    caller: LocalIssuer = field(init=False)
    passwords: dict[str, str] = field(init=False)
    _cursor_secret: str = field(init=False)
    _sign_in_secret: str = field(init=False)

    def __post_init__(self) -> None:
        self.issuer = LocalIssuer.create(self.url("issuer"), ISSUER_ALGORITHMS)
        self.exchanger = LocalIssuer(self.url("backend"), [KeyPair.generate("EdDSA")])
        self.caller = LocalIssuer(self.url("mcp"), [KeyPair.generate("EdDSA")])
        self.passwords = {role: secrets.token_urlsafe(18) for role in _ROLES}
        self._cursor_secret = secrets.token_urlsafe(32)
        self._sign_in_secret = secrets.token_urlsafe(32)

    @property
    def keys_file(self) -> Path:
        """File with the issuer's keys."""
        return self.options.run_folder.resolve() / "issuer-keys.json"

    @property
    def mcp_url(self) -> str:
        """The MCP endpoint."""
        return f"{self.url('mcp')}/mcp"

    def url(self, service: str) -> str:
        """Return the base URL of a service."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def place(self, service: str) -> str:
        """Return the host and port at which services reach a service."""
        return f"127.0.0.1:{self.options.links.get(service, self.ports[service])}"

    def reach(self, service: str) -> str:
        """Return the base URL at which services reach a service."""
        return f"http://{self.place(service)}"

    def databases(self, admin_url: str) -> dict[str, str]:
        """Map each role to its URL of the system's database."""
        place = f"127.0.0.1:{self.ports['postgresql']}/{DATABASE}"
        urls = {
            role: f"postgresql://crosstalk_{role}:{word}@{place}"
            for role, word in self.passwords.items()
        }
        return {**urls, "admin": admin_url.rsplit("/", 1)[0] + f"/{DATABASE}"}

    def commands(self) -> dict[str, list[str]]:
        """Map each service to its command, the slowest to load first."""
        issuer = ["--port", str(self.ports["issuer"]), "--keys", str(self.keys_file)]
        commands = {
            "backend": _module("system.backend"),
            "mcp": _module("system.mcp"),
            "issuer": _module("crosstalk.tokens", *issuer),
        }
        if self.options.offline:
            adversarial = ["--adversarial"] if self.options.adversarial_model else []
            settings = ["--port", str(self.ports["model"])]
            settings += ["--piece-ms", str(self.options.model_piece_ms)]
            settings += ["--think-ms", str(self.options.model_think_ms)]
            commands["model"] = _module("crosstalk.model", *settings, *adversarial)
        return commands

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment variables of a service, or of one of its replicas."""
        service = service_of(name)
        ours = service in ("mcp", "backend", "frontend")
        python_path = self.root if ours else package_root("crosstalk")
        return {
            **clean_environment(python_path),
            **self.settings(service),
            **self.handed_on(service),
            **(replica_settings(service, self.ports[name]) if name != service else {}),
            **self.options.extra_env.get(service, {}),
        }

    def settings(self, service: str) -> dict[str, str]:
        """Return the settings of a service of the system; none for one configured by arguments."""
        own = {"mcp": self._mcp, "backend": self._backend, "frontend": self._frontend}
        return own[service]() if service in own else {}

    def handed_on(self, service: str) -> dict[str, str]:
        """Return the settings of a service that this process's own environment chooses."""
        if not self.options.hand_on_settings:
            return {}
        decided = {*self.settings(service), *_NEVER_HANDED_ON} - _REPLACEABLE
        names = settings_of_service(self.root, service) - decided
        return {name: os.environ[name] for name in sorted(names) if os.environ.get(name)}

    def migration(self, admin_url: str) -> tuple[list[str], dict[str, str]]:
        """Return command and environment that make roles, database and tables."""
        environment = {
            **clean_environment(self.root),
            **self._bootstrap(admin_url, self.databases(admin_url)["owner"]),
        }
        return _module("system.store", "bootstrap", "migrate"), environment

    def password_statements(self) -> str:
        """Build the SQL that gives each existing role its password of this run."""
        return "".join(
            f"ALTER ROLE crosstalk_{role} PASSWORD '{word}';"
            for role, word in self.passwords.items()
        )

    def _bootstrap(self, admin_url: str, owner_url: str) -> dict[str, str]:
        words = {f"{role.upper()}_DATABASE_PASSWORD": word for role, word in self.passwords.items()}
        return {"ADMIN_DATABASE_URL": admin_url, "OWNER_DATABASE_URL": owner_url, **words}

    def _database(self, role: str) -> dict[str, str]:
        pooled = self.options.pooler != "none"
        place = f"{self.place('pgbouncer' if pooled else 'postgresql')}/{DATABASE}"
        return {
            **({"DATABASE_POOLER": "transaction"} if pooled else {}),
            "DATABASE_URL": f"postgresql://crosstalk_{role}:{self.passwords[role]}@{place}",
            "CURSOR_SECRET": self._cursor_secret,
        }

    def _service(self, role: str) -> dict[str, str]:
        """Return the settings that all services of the system share."""
        return {
            "LOG_LEVEL": "INFO",
            "DRAIN_SECONDS": "10",
            "MCP_URL": self.mcp_url,
            "METRICS_PORT": str(self.ports.get(f"{role}_metrics", "")),
            # A campaign calls faster than any person: limits have tests of their own.
            **dict.fromkeys(LIMITS, "1000000"),
            **KEYS_INTERVAL,
        }

    def _people(self, audience: str) -> list[dict[str, object]]:
        """Describe two issuers of people, whose `sub` claims may be the same text."""
        first: dict[str, object] = {
            "issuer": self.issuer.url,
            "jwks_url": f"{self.reach('issuer')}/.well-known/jwks.json",
            "audience": audience,
            "algorithms": list(ISSUER_ALGORITHMS),
        }
        second = {**first, "issuer": self.issuer.second_url, "subject_prefix": SECOND_ISSUER}
        return [first, second]

    def _mcp(self) -> dict[str, str]:
        direct = self.options.data_access == "direct"
        through = {
            "MCP_DATA_ACCESS": self.options.data_access,
            "MCP_SIGNING_KEY": json.dumps(self.caller.keys[0].private_jwk()),
            "BACKEND_URL": self.reach("backend"),
            "BACKEND_AUDIENCE": BACKEND_AUDIENCE,
        }
        # Desktop clients bring tokens of the sign-in issuer bound to this resource.
        issuers = [
            self._trusted("backend", self.exchanger, self.mcp_url),
            *self._people(self.mcp_url),
        ]
        return {
            **({} if self.options.data_access == "api" else self._database("mcp")),
            **({} if direct else through),
            **self._service("mcp"),
            "MCP_PORT": str(self.ports["mcp"]),
            "TRUSTED_ISSUERS": json.dumps(issuers),
            "MCP_AUTHORIZATION_SERVERS": json.dumps([self.issuer.url]),
        }

    def _backend(self) -> dict[str, str]:
        options = self.options
        if options.offline:
            model = {"OPENAI_API_KEY": "offline", "OPENAI_BASE_URL": f"{self.reach('model')}/v1"}
        else:
            # A compatible server often needs no key, but the client insists on one.
            model = {
                "OPENAI_API_KEY": options.openai_api_key or "none",
                "OPENAI_BASE_URL": options.openai_base_url or "",
                **_of_ours(_PROXIES),
            }
            model["OPENAI_API"] = options.openai_api or ""
        model["OPENAI_MODEL"] = options.openai_model or ""
        issuers = self._people(BACKEND_AUDIENCE)
        if options.data_access != "direct":
            issuers.append(self._trusted("mcp", self.caller, BACKEND_AUDIENCE))
        return {
            **self._database("backend"),
            **self._service("backend"),
            "BACKEND_PORT": str(self.ports["backend"]),
            "BACKEND_URL": self.exchanger.url,
            # The resource's name stays, whatever the way to it.
            "MCP_URL": f"{self.reach('mcp')}/mcp",
            "MCP_RESOURCE_URL": self.mcp_url,
            "BACKEND_SIGNING_KEY": json.dumps(self.exchanger.keys[0].private_jwk()),
            "TRUSTED_ISSUERS": json.dumps([*issuers, *self._sign_in()]),
            "CORS_ORIGINS": json.dumps([each["issuer"] for each in self._sign_in()]),
            **{name: value for name, value in model.items() if value},
        }

    def _trusted(self, service: str, signer: LocalIssuer, audience: str) -> dict[str, object]:
        """Describe another service of the system as a trusted issuer."""
        return {
            "issuer": signer.url,
            "jwks_url": f"{self.reach(service)}/.well-known/jwks.json",
            "audience": audience,
            "algorithms": ["EdDSA"],
            # It acts for the users of the other issuers.
            "shares_subjects": True,
        }

    def _sign_in(self) -> list[dict[str, object]]:
        """Describe the frontend as an issuer: for the backend only, never for the MCP server."""
        if not self.options.frontend:
            return []
        origin = self.url("frontend")
        return [
            {
                "issuer": origin,
                "jwks_url": f"{self.reach('frontend')}/api/auth/jwks",
                "audience": BACKEND_AUDIENCE,
                "algorithms": list(_SIGN_IN_ALGORITHMS),
                # The test issuer mints tokens for its accounts too.
                "shares_subjects": True,
                "revocations_url": f"{self.reach('frontend')}/api/auth/revoked",
            }
        ]

    def _frontend(self) -> dict[str, str]:
        place = f"{self.place('postgresql')}/{DATABASE}"
        return {
            "AUTH_DATABASE_URL": f"postgresql://crosstalk_auth:{self.passwords['auth']}@{place}",
            "BETTER_AUTH_SECRET": self._sign_in_secret,
            "BETTER_AUTH_URL": self.url("frontend"),
            "BACKEND_URL": self.url("backend"),
            "FRONTEND_PORT": str(self.ports["frontend"]),
            # Tests sign many people in from one address.
            "AUTH_SIGN_IN_ATTEMPTS": "1000",
        }


def clean_environment(python_path: Path) -> dict[str, str]:
    """Return the variables that any Python service needs; `python_path` holds its package."""
    cache = _bytecode_cache()
    return {
        **_of_ours(_INHERITED),
        **({"PYTHONPYCACHEPREFIX": str(cache)} if cache else {}),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(python_path),
        "PYTHONUNBUFFERED": "1",
        # Each service would look for them among all packages that are installed here.
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }


def forget_bytecode(root: Path) -> None:
    """Remove the bytecode of a copy of the system that is used once."""
    cache = _bytecode_cache()
    if cache is not None:
        shutil.rmtree(cache / str(root.resolve()).lstrip("/") / "system", ignore_errors=True)


def _bytecode_cache() -> Path | None:
    """Return the folder for bytecode where none is wanted beside sources; None beside them."""
    if os.environ.get("PYTHONDONTWRITEBYTECODE") and (cache := cache_folder()) is not None:
        return cache / "bytecode"
    return None


def _module(name: str, *arguments: str) -> list[str]:
    # -P: what stands in the current folder must not take the place of PYTHONPATH.
    return [sys.executable, "-P", "-m", name, *arguments]


def _of_ours(names: tuple[str, ...]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}
