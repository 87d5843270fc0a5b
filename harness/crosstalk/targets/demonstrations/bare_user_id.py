"""Pattern 1, a bare `user_id` argument: the tool believes every caller.

The backend writes the user's id into the agent's instructions, the model repeats it in every call,
and the server asks for no proof. A caller who can reach the server, or can talk the model into
another id, is any user they like. There is no form of it that holds by itself: it depends on only
the backend being able to reach the port, and on the backend, not the model, filling in the
id; and then one request forged from inside the network reads every user.
"""

from __future__ import annotations

from mcp.server.transport_security import TransportSecuritySettings

from crosstalk.core.history import Actor
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.targets.demonstrations.base import MCP_PATH, Demonstration, Pattern
from crosstalk.targets.demonstrations.notebook import Notebook, server_by_argument


class NoCredentials:
    """No credentials: there is nothing to present."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return nothing."""
        return NOTHING


def _build(url: str) -> Pattern:
    server = server_by_argument(Notebook())
    app = server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return Pattern(app=app, credentials=NoCredentials(), discovery=Presented)


BARE_USER_ID = Demonstration(
    name="bare-user-id",
    title="tools take user_id and believe it",
    lesson="every caller who reaches the server is believed; so is a model that was talked into "
    "another id",
    expected="leak",
    build=_build,
)
