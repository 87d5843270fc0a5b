"""What names the caller, and what names an object that callers store."""

from __future__ import annotations

from crosstalk.surface.created_objects import naming_created
from crosstalk.surface.operation import Operation, Parameter, Role

NAME = Parameter("name", {"type": "string"}, True, Role.TEXT)
PASSWORD = Parameter("password", {"type": "string"}, True, Role.TEXT)


def identity(name: str) -> Parameter:
    return Parameter(name, {"type": "string"}, True, Role.IDENTITY)


def role(creator: Operation, operation: str, argument: str, *identities: str) -> Role:
    """Return the role of an argument beside an operation that creates something."""
    reading = Operation("rest", operation, (identity(argument),), reads_only=True)
    *_, found = naming_created([creator, reading], identities=identities)
    return found.parameters[0].role


def test_id_of_what_callers_store_names_an_object() -> None:
    store = Operation("rest", "rest:POST /tenants", (NAME,), reads_only=False)
    assert role(store, "rest:GET /leases", "tenant_id") is Role.REFERENCE
    assert role(store, "rest:GET /leases", "owner_id") is Role.IDENTITY
    assert role(store, "rest:GET /leases", "tenant_id", "tenant_id") is Role.IDENTITY


def test_uid_behind_a_collection_is_of_that_kind() -> None:
    store = Operation("rest", "rest:POST /lamps/", (NAME,), reads_only=False)
    assert role(store, "rest:GET /lamps/{uid}/", "uid") is Role.REFERENCE
    assert role(store, "rest:GET /people/{uid}/lamps", "uid") is Role.IDENTITY


def test_sign_up_makes_users_and_no_objects() -> None:
    sign_up = Operation("rest", "rest:POST /accounts", (NAME, PASSWORD), reads_only=False)
    assert role(sign_up, "rest:GET /accounts/{account_id}", "account_id") is Role.IDENTITY
