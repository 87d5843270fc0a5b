"""The process environment: every service a real process on loopback, nothing installed by hand.

PostgreSQL comes from a wheel; issuer and offline model are the harness's own; MCP server and
backend are started as anybody starts them, `python -m system.mcp` and `python -m system.backend`,
from a given folder, so that a patched copy runs the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2

from harness.environment.errors import EnvironmentFailed
from harness.environment.guard import Guard
from harness.environment.postgres import EmbeddedPostgres
from harness.environment.process import (
    ServiceProcess,
    free_port,
    last_words,
    require_free,
)
from harness.errors import HarnessError
from harness.tokens import BACKEND_AUDIENCE, KeyPair, LocalIssuer

_USER_TABLES = ("messages", "conversations", "tasks", "projects", '"user"')
_ISSUER_ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """How to start.

    Attributes:
        run_folder: Where logs, keys and everything else of this run goes.
        system_root: Folder that contains the `system` package; None takes the installed one.
        adversarial_model: The offline model obeys directives it finds in any text.
        openai_api_key: With it the backend uses a real model instead of the offline one.
        openai_base_url: Any compatible server, instead of the offline model.
        ports: Service name to a fixed port; 0 or absent takes a free one.
        extra_env: Service name to environment variables that are added or replaced.
    """

    run_folder: Path
    system_root: Path | None = None
    adversarial_model: bool = True
    openai_api_key: str | None = None
    openai_base_url: str | None = None
    openai_model: str | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    extra_env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class RunningProcesses:
    """A running system of processes; see `harness.environment.interface.Running`.

    Attributes:
        exchanger: Holds the backend's own key, for forgeries that replay what the backend issues.
    """

    backend_url: str
    mcp_url: str
    model_url: str | None
    issuer: LocalIssuer
    exchanger: LocalIssuer
    issuer_keys: Path
    databases: Mapping[str, str]
    logs: Path
    services: dict[str, ServiceProcess]
    _guard: Guard

    def mint(
        self, subject: str, *, audience: str = "backend", ttl: int = 600, **claims: Any
    ) -> str:
        """A token for `backend` or `mcp`, or for a literal audience."""
        named = {"backend": BACKEND_AUDIENCE, "mcp": self.mcp_url}
        return self.issuer.mint(subject, audience=named.get(audience, audience), ttl=ttl, **claims)

    def reset(self) -> None:
        """Delete all users' data."""
        asyncio.run(_execute(self.databases["admin"], f"TRUNCATE {', '.join(_USER_TABLES)}"))

    def stop(self, name: str) -> None:
        """End one service; the others stay."""
        self.services[name].stop(self._guard)

    def start(self, name: str) -> None:
        """Start a stopped service again and wait until it is alive."""
        service = self.services[name]
        service.start(self._guard)
        service.wait_until(lambda: _answers(f"http://127.0.0.1:{service.port}/health"))

    def restart(self, name: str) -> None:
        """End a service and start it again."""
        self.stop(name)
        self.start(name)


class ProcessEnvironment:
    """Starts the reference system as processes; everything ends with the `with` block.

    It also ends when the harness gets SIGINT or SIGTERM, and when it is killed: a guard process
    watches it.
    """

    def __init__(self, options: ProcessOptions) -> None:
        self._options = options
        self._services: dict[str, ServiceProcess] = {}
        self._postgres: EmbeddedPostgres | None = None
        self._guard: Guard | None = None
        self._handler: Any = None
        self._passwords: dict[str, str] = {}

    def __enter__(self) -> RunningProcesses:
        """Start everything.

        Raises:
            EnvironmentFailed: A part did not start; nothing is left running.
        """
        self._handle_sigterm()
        try:
            return self._start()
        except BaseException:
            self._end()
            raise

    def __exit__(self, *failure: object) -> None:
        """End everything, newest first."""
        self._end()

    def _start(self) -> RunningProcesses:
        options = self._options
        for name, port in options.ports.items():
            if port:
                require_free(port, f"--{name}-port")
        try:
            logs = options.run_folder / "logs"
            logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentFailed(
                f"{options.run_folder} cannot be written: {error.strerror}"
            ) from error
        root = options.system_root or locate_system()
        self._guard = Guard()
        ports = {
            name: options.ports.get(name) or free_port()
            for name in ("postgresql", "issuer", "model", "mcp", "backend")
        }
        exchange_key = KeyPair.generate("EdDSA")
        issuer = LocalIssuer.create(f"http://127.0.0.1:{ports['issuer']}", _ISSUER_ALGORITHMS)
        keys = options.run_folder / "issuer-keys.json"
        issuer.save(keys)
        self._launch_helpers(ports, keys, logs)
        databases = self._prepare_database(ports["postgresql"], logs)
        mcp_url = f"http://127.0.0.1:{ports['mcp']}/mcp"
        backend_url = f"http://127.0.0.1:{ports['backend']}"
        model_url = f"http://127.0.0.1:{ports['model']}" if "model" in self._services else None
        # The services need no database to start, so they load while it is being made.
        exchanger = LocalIssuer(backend_url, [exchange_key])
        self._launch_system(ports, root, logs, databases, issuer, exchanger, mcp_url, model_url)
        self._migrate(databases, root, logs)
        self._await_services()
        return RunningProcesses(
            backend_url=backend_url,
            mcp_url=mcp_url,
            model_url=model_url,
            issuer=issuer,
            exchanger=exchanger,
            issuer_keys=keys,
            databases=databases,
            logs=logs,
            services=self._services,
            _guard=self._guard,
        )

    def _launch_helpers(self, ports: Mapping[str, int], keys: Path, logs: Path) -> None:
        here = _package_root("harness")
        commands = {
            "issuer": [
                "-m",
                "harness.tokens",
                "--port",
                str(ports["issuer"]),
                "--keys",
                str(keys.resolve()),
            ]
        }
        if not (self._options.openai_api_key or self._options.openai_base_url):
            commands["model"] = ["-m", "harness.model", "--port", str(ports["model"])]
            if self._options.adversarial_model:
                commands["model"].append("--adversarial")
        for name, arguments in commands.items():
            self._launch(name, arguments, clean_environment(here), ports[name], logs)

    def _prepare_database(self, port: int, logs: Path) -> dict[str, str]:
        self._postgres = EmbeddedPostgres(logs / "postgresql.log", port)
        self._postgres.prepare()
        service = self._postgres.service
        service.start(self._require_guard())
        self._services["postgresql"] = service
        passwords = {
            name: secrets.token_urlsafe(18) for name in ("owner", "backend", "mcp", "auth")
        }
        urls = {
            name: f"postgresql://crosstalk_{name}:{word}@127.0.0.1:{port}/crosstalk"
            for name, word in passwords.items()
        }
        urls["admin"] = self._postgres.url.rsplit("/", 1)[0] + "/crosstalk"
        self._passwords = passwords
        return urls

    def _migrate(self, databases: Mapping[str, str], root: Path, logs: Path) -> None:
        if self._postgres is None:
            raise EnvironmentFailed("the environment is not started")
        self._postgres.service.wait_until(self._postgres.ready)
        environment = clean_environment(root) | {
            "ADMIN_DATABASE_URL": self._postgres.url,
            "OWNER_DATABASE_URL": databases["owner"],
            **{f"{name.upper()}_DATABASE_PASSWORD": word for name, word in self._passwords.items()},
        }
        with (logs / "migrate.log").open("ab") as log:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "system.store", "bootstrap", "migrate"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=120,
            )
        if done.returncode != 0:
            raise EnvironmentFailed(f"migrations failed: {last_words(logs / 'migrate.log')}")

    def _launch_system(
        self,
        ports: Mapping[str, int],
        root: Path,
        logs: Path,
        databases: Mapping[str, str],
        issuer: LocalIssuer,
        exchanger: LocalIssuer,
        mcp_url: str,
        model_url: str | None,
    ) -> None:
        backend_url = exchanger.url
        shared = {"CURSOR_SECRET": secrets.token_urlsafe(32), "LOG_LEVEL": "INFO"}
        jwks = f"{issuer.url}/.well-known/jwks.json"
        algorithms = list(_ISSUER_ALGORITHMS)
        people = {"issuer": issuer.url, "jwks_url": jwks, "algorithms": algorithms}
        backend_issuer = {
            "issuer": backend_url,
            "jwks_url": f"{backend_url}/.well-known/jwks.json",
            "audience": mcp_url,
            "algorithms": ["EdDSA"],
        }
        options = self._options
        model = {
            "OPENAI_API_KEY": options.openai_api_key or "offline",
            "OPENAI_BASE_URL": options.openai_base_url or (f"{model_url}/v1" if model_url else ""),
        }
        if options.openai_model:
            model["OPENAI_MODEL"] = options.openai_model
        environments = {
            "mcp": {
                "DATABASE_URL": databases["mcp"],
                "MCP_PORT": str(ports["mcp"]),
                "MCP_URL": mcp_url,
                # Desktop clients bring tokens of the sign-in issuer bound to this resource.
                "TRUSTED_ISSUERS": json.dumps([backend_issuer, {**people, "audience": mcp_url}]),
            },
            "backend": {
                "DATABASE_URL": databases["backend"],
                "BACKEND_PORT": str(ports["backend"]),
                "BACKEND_URL": backend_url,
                "BACKEND_SIGNING_KEY": json.dumps(exchanger.keys[0].private_jwk()),
                "MCP_URL": mcp_url,
                "TRUSTED_ISSUERS": json.dumps([{**people, "audience": BACKEND_AUDIENCE}]),
                **{key: value for key, value in model.items() if value},
            },
        }
        for name, environment in environments.items():
            merged = {
                **clean_environment(root),
                **shared,
                **environment,
                **options.extra_env.get(name, {}),
            }
            self._launch(name, ["-m", f"system.{name}"], merged, ports[name], logs)

    def _await_services(self) -> None:
        for name in ("issuer", "model", "mcp", "backend"):
            service = self._services.get(name)
            if service is not None:
                path = "/health" if name in ("issuer", "model") else "/ready"
                url = f"http://127.0.0.1:{service.port}{path}"
                service.wait_until(lambda url=url: _answers(url))  # type: ignore[misc]

    def _launch(
        self, name: str, arguments: list[str], environment: Mapping[str, str], port: int, logs: Path
    ) -> None:
        service = ServiceProcess(
            name=name,
            # -P: what stands in the current folder must not take the place of `python_path`.
            command=[sys.executable, "-P", *arguments],
            environment=environment,
            log=logs / f"{name}.log",
            port=port,
        )
        service.start(self._require_guard())
        self._services[name] = service

    def _require_guard(self) -> Guard:
        if self._guard is None:
            raise EnvironmentFailed("the environment is not started")
        return self._guard

    def _end(self) -> None:
        with _uninterrupted():
            if self._guard is not None:
                for service in reversed(list(self._services.values())):
                    service.stop(self._guard)
                self._guard.close()
                self._guard = None
            if self._postgres is not None:
                self._postgres.remove()
                self._postgres = None
            if self._handler is not None:
                signal.signal(signal.SIGTERM, self._handler)
                self._handler = None

    def _handle_sigterm(self) -> None:
        # SIGTERM unwinds like Ctrl-C does; only the main thread may say so.
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _uninterrupted() -> Any:
    """A second Ctrl-C must not leave half of the services behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def locate_system() -> Path:
    """The folder that contains the installed `system` package, found without importing it.

    Raises:
        HarnessError: It is not installed.
    """
    return _package_root("system")


def _package_root(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise HarnessError(f"the package {package!r} is not installed beside the harness")
    return Path(next(iter(found.submodule_search_locations))).resolve().parent


def clean_environment(python_path: Path) -> dict[str, str]:
    """Only what a service needs: nothing of the caller's shell leaks into the system."""
    kept = ("PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(python_path),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
    }


def _answers(url: str) -> bool:
    """Whether a service answers 200 there now."""
    if urlsplit(url).hostname != "127.0.0.1":
        return False
    try:
        return httpx2.get(url, timeout=2.0).status_code == 200
    except httpx2.HTTPError:
        return False


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
