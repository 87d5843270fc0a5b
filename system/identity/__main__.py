"""`python -m system.identity` makes a key for the backend to sign with, and prints both forms."""

from __future__ import annotations

import json

from system.identity.signing import SigningKey


def main() -> None:
    """Print a new key as the values of two environment variables."""
    key = SigningKey.generate()
    print(f"BACKEND_SIGNING_KEY={json.dumps(key.private_jwk())}")
    print(f"BACKEND_PUBLISHED_KEYS={json.dumps([key.public_jwk()])}")


if __name__ == "__main__":
    main()
