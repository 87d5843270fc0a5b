"""Secrets of a running system, and the logs that show one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crosstalk.environment.backends.running import RunningSystem
from crosstalk.environment.runtime.masking import secret_values, shown_secrets


def secrets_of(running: RunningSystem) -> dict[str, str]:
    """Map what each secret of a running system is to its text.

    These are the passwords of its database roles, the private keys of its services and of the test
    issuer, and every setting of a part that is named as a secret.
    """
    found = secret_values({f"{role}'s database": url for role, url in running.databases.items()})
    for name, service in running.services.items():
        own = secret_values(service.environment)
        found |= {f"{name}: {each}": text for each, text in own.items()}
    for issuer in (running.issuer, running.exchanger, running.caller):
        for key in issuer.keys:
            if key.algorithm == "EdDSA":
                found[f"key {key.kid} of {issuer.url}"] = key.private_jwk()["d"]
    return found


def secrets_in_logs(
    running: RunningSystem, others: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield a log's name and a secret that it shows, by its name; tokens are secrets too.

    Args:
        running: The system whose logs are read.
        others: Further texts that no log may show, by name.
    """
    secrets = {**secrets_of(running), **(others or {})}
    for path in sorted(running.logs.glob("*.log")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for name in shown_secrets(text, secrets):
            yield path.name, name
