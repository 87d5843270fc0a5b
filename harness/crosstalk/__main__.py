"""Entry of the `crosstalk` command, also as `python -m crosstalk`."""

from __future__ import annotations

from crosstalk.cli.app import main

if __name__ == "__main__":
    main()
