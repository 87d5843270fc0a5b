"""The control: a system that forgets idempotency keys and, when killed, what it acknowledged last.

A ledger that has never counted a lost or a duplicated write proves nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from crosstalk.faults.schedule import Injection, Schedule
from crosstalk.faults.session import FaultRun, RoundResult, faulty_system
from crosstalk.targets.mutants.planting import Edit, Mutant

_USERS = 12
# Each lost reply is a write that is sent again, and stored again.
_DUPLICATING = Schedule(
    1,
    (
        Injection("replies lost client-backend", 0.8, 0.5),
        Injection("replies lost client-mcp", 0.8, 0.2),
    ),
)
# The killed server had acknowledged from memory. A round of its own: what is lost here may be the
# very duplicates that the other round has to count.
_LOSING = Schedule(
    2,
    (
        Injection("kill -9 postgresql", 0.0, 1.0),
        Injection("kill -9 postgresql", 0.0, 1.0),
    ),
)
_FORGETFUL = {
    "synchronous_commit": "off",
    # The longest there is: a write is on its way to the disk for up to three of these.
    "wal_writer_delay": "10s",
}
WITHOUT_KEYS = Mutant(
    id="without-idempotency-store",
    kind="faults",
    title="keys of repeated calls are ignored",
    modelled_on="a server without an idempotency store",
    removes=(),
    expected_oracle="ledger",
    edits=(
        Edit(
            "store/session.py",
            "        use, self._key_use = self._key_use, None\n        return use\n",
            "        return None\n",
        ),
    ),
)


def run_control(folder: Path, tell: Callable[[str], None]) -> RoundResult:
    """Run two short rounds on a system that duplicates writes, then loses some.

    Each round has its own users and is read back before the next one begins.

    Args:
        folder: For logs.
        tell: Receives a line for each injection.

    Raises:
        EnvironmentFailed: A part does not start.
        MutantDoesNotApplyError: The store has changed, and the control with it.
    """
    with tempfile.TemporaryDirectory(prefix="crosstalk-control-") as copy:
        root = WITHOUT_KEYS.apply(Path(copy))
        with faulty_system(folder, system_root=root, postgres_settings=_FORGETFUL) as system:
            run = FaultRun(system, _USERS, tell)
            return run.run(_DUPLICATING).joined(run.run(_LOSING))
