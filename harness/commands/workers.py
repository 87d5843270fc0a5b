"""Processes that work for a command: they end with it, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing import connection


def end_with_parent() -> None:
    """From now on this process gets SIGTERM when the one that started it is gone.

    A killed command cannot tell its workers, and each of them runs a whole system. SIGTERM unwinds
    what they have begun.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
