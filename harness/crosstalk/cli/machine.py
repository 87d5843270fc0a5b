"""Output for programs."""

from __future__ import annotations

import json
import sys
from typing import Any


def print_json(data: Any) -> None:
    """Print data as JSON on standard output, where nothing else goes."""
    sys.stdout.write(json.dumps(data, indent=2, default=str) + "\n")
