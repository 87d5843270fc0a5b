"""Entry of the `crosstalk` command, also as `python -m crosstalk`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; one line when the verifier's packages are not installed."""
    try:
        from crosstalk.cli.app import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("harness", "system"):
            raise
        sys.exit(
            f"crosstalk: the package {error.name!r} is missing; "
            "install the verifier: pip install 'crosstalk-harness[harness]'"
        )
    run()


if __name__ == "__main__":
    main()
