"""Resources, templates and prompts of a described MCP server, which a campaign does not read."""

from __future__ import annotations

from crosstalk.core.verdict import Inconclusive, InconclusiveKind
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.mcp.listing import listed
from crosstalk.surface.transports import Transport

# Method, the result's field, and the field that names an entry.
_LISTS = (
    ("resources/list", "resources", "uri"),
    ("resources/templates/list", "resourceTemplates", "uriTemplate"),
    ("prompts/list", "prompts", "name"),
)
_NAMED = 3


def unread_offers(transport: Transport, presented: Presented) -> list[Inconclusive]:
    """Return the lists of resources, templates and prompts that are not empty.

    Args:
        transport: Carries the messages.
        presented: The caller who looks.
    """
    found = []
    for method, key, naming in _LISTS:
        try:
            entries = listed(transport, method, key, presented) or []
        except (SurfaceError, ValueError, RecursionError):
            # It is not offered, or not to this caller.
            continue
        if entries:
            names = [str(each.get(naming, "?")) for each in entries[:_NAMED]]
            more = f" and {len(entries) - _NAMED} more" if len(entries) > _NAMED else ""
            text = f"offered and not read: {', '.join(names)}{more}"
            found.append(Inconclusive(InconclusiveKind.NOT_UNDERSTOOD, f"mcp:{method}", text))
    return found
