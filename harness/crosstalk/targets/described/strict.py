"""The base of every table of a `crosstalk.toml`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A table of the file: unknown settings are refused, and none changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)
