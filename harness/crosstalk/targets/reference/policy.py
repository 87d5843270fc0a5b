"""The reference system's policy: projects that are shared by invitation, until that ends.

A member reads; an editor changes tasks as well. The owner hands a project over to a member who
accepts it. What the assistant told a member while they were one stays in that conversation.
"""

from __future__ import annotations

from crosstalk.core.policy import Person, Policy, Share
from crosstalk.core.principals import Principals

_PROJECTS = "/api/{user_id}/projects"
_INVITATIONS = "/api/{user_id}/invitations/{invitation_id}"
_INVITE = (f"rest:POST {_PROJECTS}/{{project_id}}/invitations", "mcp:invite")
_ACCEPT = (f"rest:POST {_INVITATIONS}/accept", "mcp:accept_invitation")
_CHANGE_ROLE = (
    f"rest:PATCH {_PROJECTS}/{{project_id}}/members/{{member_id}}",
    "mcp:change_role",
)
_ENDS = (
    f"rest:DELETE {_PROJECTS}/{{project_id}}/members/{{member_id}}",
    "mcp:remove_member",
    f"rest:DELETE {_INVITATIONS}",
    "mcp:delete_invitation",
    f"rest:DELETE {_PROJECTS}/{{project_id}}",
    "mcp:delete_project",
)
_READING = Share(_INVITE, "invitee_id", "project_id", _ENDS, _ACCEPT)
_EDITING = Share(
    _INVITE,
    "invitee_id",
    "project_id",
    (*_ENDS, *_CHANGE_ROLE),
    _ACCEPT,
    change=True,
    where={"role": "editor"},
)
# Who becomes an editor was a member before; who becomes a viewer stays one.
_PROMOTED = Share(
    _CHANGE_ROLE,
    "member_id",
    "project_id",
    (*_ENDS, *_CHANGE_ROLE),
    change=True,
    where={"role": "editor"},
    members=True,
)
_HANDED_OVER = Share(
    _INVITE,
    "invitee_id",
    "project_id",
    (),
    _ACCEPT,
    change=True,
    where={"role": "owner"},
    members=True,
    transfers=True,
)
_TRANSCRIPTS = ("POST /api/chat*", "chatkit:*", "* /api/{user_id}/conversations*")


def sharing_policy(principals: Principals) -> Policy:
    """Return the policy for these users, all of whom are alike to it."""
    names = [each.name for each in principals.members]
    if principals.bystander is not None:
        names.append(principals.bystander.name)
    return Policy(
        people={each: Person(each) for each in names},
        shares=(_READING, _EDITING, _PROMOTED, _HANDED_OVER),
        transcripts=_TRANSCRIPTS,
    )
