"""Shell variables of a transcript, each with what stands for it until a request is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crosstalk.core.history import Actor
from crosstalk.surface.credentials import Presented

# Digits where the value has digits, so that a surface writes it as the number that it is.
_FIRST_NUMBER = 7_300_000_000_000_000
_NO_NAME = re.compile(r"[^A-Z0-9]+")


@dataclass(slots=True)
class Variables:
    """Variables in the order in which they came up.

    Attributes:
        subjects: User name to the subject that the system knows them by.
        symbols: The same, and what stands for an object that existed before to its id.
        names: Stand-in to the variable's name.
        known: Variable to its value, where that is no secret.
        secrets: Variable of a credential to whose it is and where it travels.
    """

    subjects: Mapping[str, str]
    symbols: Mapping[str, str]
    names: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)
    _by_source: dict[tuple[str, str], str] = field(default_factory=dict)
    _values: dict[str, str] = field(default_factory=dict)

    def symbol(self, name: str) -> str | None:
        """Return what stands for a user's subject, or for an object; None where none is known."""
        value = self.symbols.get(name)
        if value is None:
            return None
        return self._stand_in(("symbol", name), name, value, known=value)

    def reference(self, place: int, path: str, value: str) -> str:
        """Return what stands for a value of an earlier answer.

        Args:
            place: Number of the line that is answered.
            path: Of the value in the answer.
            value: As it was in the replay.
        """
        names = [part for part in path.split(".") if not part.isdigit()]
        # An answer may be a bare list of words.
        name = names[-1] if names else "entry"
        return self._stand_in((f"answer {place}", path), f"{name} {place}", value)

    def capitals(self, stand_in: str) -> str:
        """Return what stands for the same value in capitals, as it was in the replay."""
        value = self._values[stand_in].upper()
        name = f"{self.names[stand_in]} in capitals"
        return self._stand_in(("capitals", stand_in), name, value, known=value)

    def origin(self, url: str) -> str:
        """Return what stands for a server's scheme, host and port."""
        return self._stand_in(("origin", url), "URL", url, known=url)

    def session(self, connection: str, owner: str) -> str:
        """Return what stands for the id of a session."""
        return self._stand_in(("session", connection), f"{owner} session", "session")

    def endpoint(self, connection: str, owner: str) -> str:
        """Return what stands for the address at which a stream's requests are posted."""
        return self._stand_in(("endpoint", connection), f"{owner} endpoint", "endpoint")

    def disguised(self, presented: Presented, actor: Actor) -> Presented:
        """Return a credential with stand-ins in the place of what proves who calls."""

        def of(place: str, value: str) -> str:
            return self._credential(actor, place, value)

        headers = {
            name: self._header(actor, name, value) for name, value in presented.headers.items()
        }
        return replace(
            presented,
            headers=headers,
            arguments={name: of(name, each) for name, each in presented.arguments.items()},
            query={name: of(name, each) for name, each in presented.query.items()},
            cookies={name: of(name, each) for name, each in presented.cookies.items()},
            csrf=of("csrf", presented.csrf),
            address={name: of(name, each) for name, each in presented.address.items()},
            environment={name: of(name, each) for name, each in presented.environment.items()},
        )

    def _header(self, actor: Actor, name: str, value: str) -> str:
        if name.lower() == "authorization" and " " in value:
            scheme, _, credential = value.partition(" ")
            return f"{scheme} {self._credential(actor, 'token', credential)}"
        if name.lower() == "cookie":
            pairs = [each.strip().partition("=") for each in value.split(";") if each.strip()]
            return "; ".join(
                f"{key}={self._credential(actor, key, each)}" for key, _, each in pairs
            )
        return self._credential(actor, name, value)

    def _credential(self, actor: Actor, place: str, value: str) -> str:
        if not value:
            return value
        for user, subject in self.subjects.items():
            if value == subject:
                return self.symbol(user) or value
        owner = actor.user or "forged"
        found = self._by_source.get(("credential", value))
        if found is not None:
            return found
        found = self._stand_in(("credential", value), f"{owner} {place}", value)
        whose = actor.user or f"{actor.claims}, forged: {actor.forgery}"
        self.secrets[self.names[found]] = (whose, place)
        return found

    def _stand_in(
        self, source: tuple[str, str], wanted: str, value: str, known: str | None = None
    ) -> str:
        if source in self._by_source:
            return self._by_source[source]
        number = len(self._by_source) + 1
        found = str(_FIRST_NUMBER + number) if value.isdigit() else f"xtvar{number:04d}q"
        name = self._free(wanted)
        self._by_source[source] = found
        self.names[found] = name
        self._values[found] = value
        if known is not None:
            self.known[name] = known
        return found

    def _free(self, wanted: str) -> str:
        name = _NO_NAME.sub("_", wanted.upper()).strip("_") or "VALUE"
        name = f"V_{name}" if name[0].isdigit() else name
        taken, number = set(self.names.values()), 2
        if name not in taken:
            return name
        while f"{name}_{number}" in taken:
            number += 1
        return f"{name}_{number}"
