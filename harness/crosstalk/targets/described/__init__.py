"""Described targets: systems described in a `crosstalk.toml`.

`config` says what the file may hold, `loading` reads it, `credentials` gives each actor what they
present, `building` makes a campaign's target of it; `guessing` and `writing` make the file from
what a server says of itself.
"""

from crosstalk.targets.described.build import opened_target
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.loading import TargetFileError, load_target

__all__ = ["TargetConfig", "TargetFileError", "load_target", "opened_target"]
