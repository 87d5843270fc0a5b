"""Tables, row-level security and the per-user session: the one door to users' data.

`Store.user_session(user_id)` opens a transaction that speaks for one subject; the modules
`tasks`, `projects`, `stats` and `conversations` are the operations on it. Services log in as roles
that own nothing; `python -m system.store bootstrap` makes those roles and `migrate` the tables.
"""

from system.store.session import PoolStatus, Store, UserSession
from system.store.settings import StoreSettings

__all__ = ["PoolStatus", "Store", "StoreSettings", "UserSession"]
