"""Commands whose complaints about an option's value name the nearest value that it takes."""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.core import TyperCommand

from crosstalk.core.errors import did_you_mean

_NO_CHOICE = re.compile(r"^(?:Value error, )?(?P<wrong>'.*?') is not one of (?P<known>.*)\.$")


class HelpfulCommand(TyperCommand):
    """A command that helps with a value that is written wrong."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Parse the arguments.

        Raises:
            BadParameter: One is wrong; where its values are known, the message has the nearest.
        """
        try:
            return super().make_context(*args, **options)
        except typer.BadParameter as error:
            found = _NO_CHOICE.match(error.message)
            if found is None:
                raise
            known = re.findall(r"'([^']*)'", found["known"])
            hint = did_you_mean(found["wrong"].strip("'"), known)
            message = f"{found['wrong']} is not one of {', '.join(known)}"
            raise typer.BadParameter(
                f"{message}{hint}" if "did you mean" in hint else f"{message}.",
                ctx=error.ctx,
                param=error.param,
            ) from error
