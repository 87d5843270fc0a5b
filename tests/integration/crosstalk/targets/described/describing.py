"""Writes descriptions of the notes server and runs short campaigns from them alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from crosstalk.campaign.events import Event
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.targets.described import opened_target

# Calls end a campaign: on a busy machine they take their time.
SECONDS = 300.0

SERVER = Path(__file__).with_name("notes_server.py")
SECRET = "a secret that only tests know, long enough"

IDENTITIES = {
    "argument": 'by = ["argument"]\narguments = ["user_id"]',
    "optional-argument": 'by = ["argument"]\narguments = ["user_id"]',
    "bearer": f'by = ["bearer"]\nmint = {{key = "{SECRET}"}}',
    "header": 'by = ["header"]',
    "url": 'by = ["url"]',
    "token-argument": f'by = ["token-argument"]\nmint = {{key = "{SECRET}"}}',
    "session": 'by = ["session"]',
    "none": 'by = ["none"]',
    "login": """by = ["login"]
[identity.login]
tool = "login"
arguments = {username = "{user}", password = "{password}"}
token = "access_token"
carried = "token-argument"
[identity.login.register_first]
tool = "register"
arguments = {username = "{user}", password = "{password}"}""",
}
TRANSPORTS = {
    "current": "streamable-http",
    "stateful": "streamable-http-older",
    "stateless": "streamable-http-older",
    "sse": "sse",
    "json-rpc": "json-rpc",
    "stdio": "stdio",
}


def describe(
    folder: Path,
    transport: str,
    identity: str,
    *options: str,
    extra: str = "",
    accepted: bool = True,
) -> Path:
    """A `crosstalk.toml` for the notes server in one of its forms.

    Args:
        folder: Where the file goes.
        transport: How the server is reached.
        identity: What says who calls.
        options: Of the server.
        extra: The file's last lines.
        accepted: Whether it is known that no credential proves who calls, where none does.
    """
    command = [
        *(sys.executable, str(SERVER), "--transport", transport, "--identity", identity),
        *options,
    ]
    path = {"sse": "/sse"}.get(transport, "/mcp")
    if identity == "url":
        path = f"/{{user}}{path}"
    if transport == "stdio":
        where = f"command = {toml(command)}"
        start = ""
    else:
        where = f'url = "http://127.0.0.1:{{port}}{path}"'
        start = f"[start]\ncommand = {toml([*command, '--port', '{port}'])}\n"
    known = 'accepted = ["unauthenticated-identity"]\n' if accepted else ""
    text = (
        f'{known}[mcp]\ntransport = "{TRANSPORTS[transport]}"\n{where}\n{start}'
        f"[identity]\n{IDENTITIES[identity]}\n{extra}"
    )
    file = folder / "crosstalk.toml"
    file.write_text(text)
    return file


def toml(texts: Sequence[str]) -> str:
    """A list of texts."""
    return "[" + ", ".join(f'"{each}"' for each in texts) + "]"


def campaign(
    file: Path, calls: int = 400, seconds: float = SECONDS, seed: int = 7, findings: int = 1
) -> CampaignResult:
    """A short campaign from the file alone."""
    options = CampaignOptions(calls=calls, seconds=seconds, seed=seed, findings=findings)
    with opened_target(file) as target:
        return Campaign(target, options, _quiet).run()


def _quiet(event: Event) -> None:
    """Ignore events."""
