"""The system under verification, as chosen on the command line, and how it is started."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.environment import (
    NO_PACE,
    ONE_CONNECTION,
    Attachment,
    DataAccess,
    Kind,
    Pooler,
    ProcessOptions,
    chosen_environment,
    require_system_packages,
)
from crosstalk.targets.base import Target
from crosstalk.targets.demonstrations import get_demonstration
from crosstalk.targets.demonstrations.serving import demonstration_target
from crosstalk.targets.described import opened_target
from crosstalk.targets.mutants import Mutant
from crosstalk.targets.reference.pools import fill_pools
from crosstalk.targets.reference.target import reference_target


@dataclass(frozen=True, slots=True)
class Verified:
    """The reference system, or another system in its place.

    Attributes:
        mutant: A leak to plant in a copy of it.
        data_access: The services' way to the data.
        demonstration: A pattern that is verified instead.
        described: The `crosstalk.toml` of a system that is verified instead.
        frontend: Its frontend runs, and all users sign up there.
        pooler: The pooler between the services and PostgreSQL.
        sessions: The MCP server keeps a session for each client.
        environment: The kind of environment it runs in.
        attachment: A system that runs already.
    """

    mutant: Mutant | None = None
    data_access: DataAccess = "direct"
    demonstration: str | None = None
    described: Path | None = None
    frontend: bool = False
    pooler: Pooler = "none"
    sessions: bool = False
    environment: Kind = "processes"
    attachment: Attachment | None = None

    def require_sense(self) -> None:
        """Check that the options can be combined, and that their packages are installed.

        Raises:
            HarnessError: They cannot, and the message says what to leave out; or packages of the
                reference system are missing, and it says how to install them.
        """
        problems = {
            "a planted leak is one of the system: leave out one of the two options": (
                self.mutant and self.demonstration
            ),
            "--target names another system: leave out --mutant and --demonstration": (
                self.described and (self.mutant or self.demonstration)
            ),
            "--environment is for the reference system: leave out the other option": (
                self.environment != "processes" and (self.demonstration or self.described)
            ),
            "--mcp-sessions is for the reference system that is started here": (
                self.sessions and (self.demonstration or self.described or self.attachment)
            ),
            "a leak is planted in a copy that is started here: leave out --attach": (
                self.attachment and self.mutant
            ),
        }
        for message, there in problems.items():
            if there:
                raise HarnessError(message)
        if self.environment == "processes" and not (self.demonstration or self.described):
            require_system_packages()

    @property
    def name(self) -> str | None:
        """Name of its runs' folder; None for the reference system as processes."""
        where = self.mutant.id if self.mutant else self.demonstration
        where = where or (self.described.stem if self.described else None)
        # The figures of the processes' run stay where a program looks for them.
        return where or (self.environment if self.environment != "processes" else None)

    @property
    def about(self) -> dict[str, str]:
        """Description for reports and replay files."""
        return {
            "mutant": self.mutant.id if self.mutant else "",
            "data_access": self.data_access,
            "pooler": self.pooler,
            "sessions": "kept" if self.sessions else "",
        }

    def announcement(self) -> str:
        """Announce the start, in a line."""
        if self.attachment:
            return f"attaching to the system of {self.attachment.file}"
        if self.described:
            return f"verifying the system that {self.described} describes"
        if self.demonstration:
            title = get_demonstration(self.demonstration).title
            return f"starting the demonstration {self.demonstration!r}: {title}"
        what = "the reference system"
        if self.mutant:
            what = f"the system with the planted leak {self.mutant.id!r}"
        what += ": PostgreSQL, MCP server, backend, model"
        what += ", frontend (all users sign up there)" if self.frontend else ""
        what += ", PgBouncer by transaction" if self.pooler != "none" else ""
        what += ", with MCP sessions" if self.sessions else ""
        what += ", in containers" if self.environment == "containers" else ""
        return f"starting {what}"

    @contextmanager
    def running(self, folder: Path) -> Iterator[Target]:
        """Run it while the block does; logs go into the folder.

        Raises:
            HarnessError: It does not start.
        """
        if self.described is not None:
            with opened_target(self.described) as target:
                yield target
        elif self.demonstration is not None:
            with demonstration_target(get_demonstration(self.demonstration)) as target:
                yield target
        else:
            with self._system(folder) as target:
                yield target

    def _settings(self, pooler: Pooler) -> dict[str, dict[str, str]]:
        """Return the settings of the services beside the usual ones, by service."""
        sessions = {"MCP_STATEFUL": "true"} if self.sessions else {}
        # Behind a pooler the services have many connections, and the pooler few.
        connections = ONE_CONNECTION if pooler == "none" else {}
        return {
            # Chats that wait for their pace answer the same, and later.
            "backend": {**connections.get("backend", {}), **NO_PACE},
            "mcp": {**connections.get("mcp", {}), **sessions},
        }

    @contextmanager
    def _system(self, folder: Path) -> Iterator[Target]:
        with tempfile.TemporaryDirectory(prefix="crosstalk-") as scratch:
            planted = self.mutant
            pooler = planted.pooler if planted and planted.pooler != "none" else self.pooler
            options = ProcessOptions(
                run_folder=folder,
                system_root=planted.apply(Path(scratch)) if planted else None,
                data_access=self.data_access,
                frontend=self.frontend,
                pooler=pooler,
                extra_env=self._settings(pooler),
                # They start again with the limits of production.
                keep_loaded=True,
            )
            about = {**self.about, "pooler": pooler}
            with chosen_environment(self.environment, options, self.attachment) as running:
                target = reference_target(running, about)
                try:
                    if pooler != "none":
                        fill_pools(target, running)
                    yield target
                finally:
                    target.close()
