"""The reference system's policy: projects that are shared by invitation, until that ends.

An administrator lists and disables accounts, and has no more right to content than any other user.
A member reads; an editor changes tasks as well. The owner hands a project over to a member who
accepts it. What the assistant told a member while they were one stays in that conversation.
"""

from __future__ import annotations

from crosstalk.core.policy import Person, Policy, Reserve, Share, Suspend
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
# The user who is an administrator beside being a user like any other.
ADMINISTRATOR = "carol"
_ADMIN = "admin"
_ACCOUNTS = "rest:* /api/{user_id}/accounts*"
_ACCOUNT = "rest:POST /api/{user_id}/accounts/{account_id}"
_SUSPENDING = Suspend(
    (_ADMIN,),
    (f"{_ACCOUNT}/disable",),
    (f"{_ACCOUNT}/enable",),
    "account_id",
    ("rest:GET /api/{user_id}/accounts",),
)


def sharing_policy(principals: Principals) -> Policy:
    """Return the policy for these users, who are alike to it but for the administrator."""
    names = [each.name for each in principals.members]
    if principals.bystander is not None:
        names.append(principals.bystander.name)
    return Policy(
        people={
            each: Person(each, roles=(_ADMIN,) if each == ADMINISTRATOR else ()) for each in names
        },
        reserves=(Reserve((_ADMIN,), (_ACCOUNTS,)),),
        suspends=(_SUSPENDING,),
        newcomers=True,
        shares=(_READING, _EDITING, _PROMOTED, _HANDED_OVER),
        transcripts=_TRANSCRIPTS,
    )
