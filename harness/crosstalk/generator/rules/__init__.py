"""The generator's rules, one file a rule: a rule is added by adding a file and naming it here."""

from crosstalk.generator.rules.any_call import AnyCall
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.rules.broken_constraint import BrokenConstraint
from crosstalk.generator.rules.cached_read import CachedRead
from crosstalk.generator.rules.cross_user_access import CrossUserAccess
from crosstalk.generator.rules.existence_pair import ExistencePair
from crosstalk.generator.rules.foreign_cursor import ForeignCursor
from crosstalk.generator.rules.honest_change import HonestChange
from crosstalk.generator.rules.honest_use import HonestUse
from crosstalk.generator.rules.idempotency_collision import IdempotencyCollision
from crosstalk.generator.rules.identity_spoof import IdentitySpoof
from crosstalk.generator.rules.last_page import LastPage
from crosstalk.generator.rules.many_objects import ManyObjects
from crosstalk.generator.rules.same_prompt import SamePrompt
from crosstalk.generator.rules.setup import Setup
from crosstalk.generator.rules.stale_read import StaleRead
from crosstalk.generator.rules.unauthenticated_call import UnauthenticatedCall
from crosstalk.generator.rules.unproven_identity import UnprovenIdentity
from crosstalk.generator.rules.wildcard_identity import WildcardIdentity

# Each example begins with it.
SETUP = Setup()
RULES: tuple[Rule, ...] = (
    UnprovenIdentity(),
    UnauthenticatedCall(),
    ExistencePair(),
    CrossUserAccess(),
    IdentitySpoof(),
    WildcardIdentity(),
    CachedRead(),
    IdempotencyCollision(),
    ForeignCursor(),
    StaleRead(),
    SamePrompt(),
    HonestChange(),
    LastPage(),
    BrokenConstraint(),
    ManyObjects(),
    HonestUse(),
    AnyCall(),
)

__all__ = ["RULES", "SETUP", "Rule"]
