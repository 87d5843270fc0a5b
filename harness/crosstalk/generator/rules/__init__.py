"""The generator's rules, one file a rule: a rule is added by adding a file and naming it here."""

from crosstalk.generator.rules.attacks.cross_user_access import CrossUserAccess
from crosstalk.generator.rules.attacks.foreign_cursor import ForeignCursor
from crosstalk.generator.rules.attacks.idempotency_collision import IdempotencyCollision
from crosstalk.generator.rules.attacks.identity_spoof import IdentitySpoof
from crosstalk.generator.rules.attacks.lost_access import LostAccess
from crosstalk.generator.rules.attacks.other_spellings import OtherSpellings
from crosstalk.generator.rules.attacks.stream_resumption import StreamResumption
from crosstalk.generator.rules.attacks.unauthenticated_call import UnauthenticatedCall
from crosstalk.generator.rules.attacks.undeclared_fields import UndeclaredFields
from crosstalk.generator.rules.attacks.unproven_identity import UnprovenIdentity
from crosstalk.generator.rules.attacks.wildcard_identity import WildcardIdentity
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.rules.comparisons.cached_read import CachedRead
from crosstalk.generator.rules.comparisons.existence_pair import ExistencePair
from crosstalk.generator.rules.comparisons.kept_as_file import KeptAsFile
from crosstalk.generator.rules.comparisons.same_prompt import SamePrompt
from crosstalk.generator.rules.comparisons.stale_read import StaleRead
from crosstalk.generator.rules.honest.any_call import AnyCall
from crosstalk.generator.rules.honest.honest_use import HonestUse
from crosstalk.generator.rules.honest.setup import Setup
from crosstalk.generator.rules.policy.account_disabled import AccountDisabled
from crosstalk.generator.rules.policy.delegated_call import DelegatedCall
from crosstalk.generator.rules.policy.permitted_read import PermittedRead
from crosstalk.generator.rules.policy.privileged_fields import PrivilegedFields
from crosstalk.generator.rules.policy.reserved_call import ReservedCall
from crosstalk.generator.rules.policy.taken_back import TakenBack
from crosstalk.generator.rules.situations.broken_body import BrokenBody
from crosstalk.generator.rules.situations.broken_constraint import BrokenConstraint
from crosstalk.generator.rules.situations.busy_neighbour import BusyNeighbour
from crosstalk.generator.rules.situations.equal_words import EqualWords
from crosstalk.generator.rules.situations.honest_change import HonestChange
from crosstalk.generator.rules.situations.last_page import LastPage
from crosstalk.generator.rules.situations.later import Later
from crosstalk.generator.rules.situations.many_objects import ManyObjects
from crosstalk.generator.rules.situations.notifications import Notifications
from crosstalk.generator.rules.situations.second_order import SecondOrder
from crosstalk.generator.rules.situations.self_description import SelfDescription

# Each example begins with it.
SETUP = Setup()
RULES: tuple[Rule, ...] = (
    UnprovenIdentity(),
    UnauthenticatedCall(),
    ExistencePair(),
    CrossUserAccess(),
    IdentitySpoof(),
    LostAccess(),
    WildcardIdentity(),
    OtherSpellings(),
    UndeclaredFields(),
    CachedRead(),
    KeptAsFile(),
    IdempotencyCollision(),
    ForeignCursor(),
    StaleRead(),
    SamePrompt(),
    # Where calls are few, what takes few of them comes first, and the floods last.
    BusyNeighbour(),
    HonestChange(),
    EqualWords(),
    SecondOrder(),
    BrokenBody(),
    BrokenConstraint(),
    LastPage(),
    SelfDescription(),
    ManyObjects(),
    Later(),
    Notifications(),
    StreamResumption(),
    HonestUse(),
    AnyCall(),
)

# They run under a policy alone: without one, examples are drawn as if they were not there.
POLICY_RULES: tuple[Rule, ...] = (
    ReservedCall(),
    TakenBack(),
    PrivilegedFields(),
    PermittedRead(),
    DelegatedCall(),
    AccountDisabled(),
)

__all__ = ["POLICY_RULES", "RULES", "SETUP", "Rule"]
