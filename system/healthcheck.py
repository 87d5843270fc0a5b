"""Checks that a container's service is ready: `python -I -S healthcheck.py PORT_SETTING [PATH]`.

A container engine runs it every few seconds, so it imports next to nothing. The default path is
`/ready`, not `/health`, because a service that waits for another needs its answers.
"""

from __future__ import annotations

import http.client
import os
import sys

_SECONDS = 4.0


def main() -> int:
    """0 when the service on the port that the named variable holds is ready, 1 otherwise."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(os.environ[sys.argv[1]]), timeout=_SECONDS
    )
    try:
        connection.request("GET", sys.argv[2] if len(sys.argv) > 2 else "/ready")
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
