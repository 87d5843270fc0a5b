"""Prints the Secret `crosstalk-issuer`: a new key for the campaign's tokens, and its JWKS.

    python deploy/kubernetes/campaign-keys.py | kubectl apply -f -

The issuer's pod sees the public part alone, the campaign's the private one.
"""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def main() -> None:
    """Print it as JSON, which is YAML too."""
    key = Ed25519PrivateKey.generate()
    public = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")
    jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "campaign"}
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    document = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "crosstalk-issuer", "namespace": "crosstalk"},
        "type": "Opaque",
        "stringData": {
            "private.pem": private,
            "jwks.json": json.dumps({"keys": [{**jwk, "x": public}]}),
        },
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
