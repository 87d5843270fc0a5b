"""What can be called, and how: MCP tools and REST operations in one form."""

from harness.surface.errors import SurfaceError
from harness.surface.mcp import McpSurface
from harness.surface.operation import Operation, Parameter, Role, Surface
from harness.surface.rest import RestSurface

__all__ = ["McpSurface", "Operation", "Parameter", "RestSurface", "Role", "Surface", "SurfaceError"]
