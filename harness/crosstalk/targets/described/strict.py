"""The base of every table of a `crosstalk.toml`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Strict(BaseModel):
    """A table of the file: unknown settings are refused, and none changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _listed(value: Any) -> Any:
    return ([value] if value else []) if isinstance(value, str) else value


# Of a setting that lists texts: one of them may stand without the brackets.
ONE_OR_MORE = BeforeValidator(_listed)
Texts = Annotated[list[str], ONE_OR_MORE]
