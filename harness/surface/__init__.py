"""What can be called, and how: MCP tools, resources and prompts, REST, and ChatKit, in one form."""

from harness.surface.chatkit import ChatKitSurface
from harness.surface.errors import SurfaceError
from harness.surface.mcp import McpSurface
from harness.surface.mcp_resources import McpResourcesSurface
from harness.surface.operation import Operation, Parameter, Role, Surface
from harness.surface.rest import RestSurface
from harness.surface.sign_in import Account, SignIn

__all__ = [
    "Account",
    "ChatKitSurface",
    "McpResourcesSurface",
    "McpSurface",
    "Operation",
    "Parameter",
    "RestSurface",
    "Role",
    "SignIn",
    "Surface",
    "SurfaceError",
]
