"""Credentials of a described system: each actor's, in the places where each surface wants them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from crosstalk.core.history import Actor
from crosstalk.surface.credentials import Presented
from crosstalk.surface.wire_requests import are_held_back
from crosstalk.targets.described.config import SurfaceName
from crosstalk.targets.described.identity import IdentityConfig, UserConfig
from crosstalk.targets.described.login.base import (
    SURFACE,
    CredentialError,
    Login,
    LoginSession,
    Person,
)
from crosstalk.targets.described.login.by_request import carried
from crosstalk.targets.described.minting import CUT_SHORT, mint, spoilable, spoiled
from crosstalk.targets.described.placeholders import filled

_COMMAND_SECONDS = 30.0
# A caller without a credential, where callers are told apart by more than arguments.
_NO_CREDENTIAL = "nobody"


@dataclass(slots=True)
class People:
    """The users of a described system, by the subject that the system knows them by.

    Attributes:
        listed: Subject to the description of a user who exists already.
        folder: Where the file is; token commands run there.
        attributes: Subject to what stands for `{tenant}` and `{role}`.
        called: Subject to what the file calls the user.
    """

    listed: dict[str, UserConfig]
    folder: Path
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def user(self, subject: str) -> UserConfig:
        """Return the description of a user; an empty one for a made-up user."""
        return self.listed.get(subject, UserConfig())

    def learn(self, subject: str, name: str) -> None:
        """Remember the login name of a subject that the system gave."""
        self._names[subject] = name
        if name in self.listed:
            self.listed[subject] = self.listed[name]

    def rename(self, subject: str, chosen: str) -> None:
        """Keep what is known of a made-up user who goes by another subject from now on."""
        if subject in self.attributes:
            self.attributes[chosen] = self.attributes[subject]
            self.called[chosen] = self.called[subject]

    def person(self, subject: str) -> Person:
        """Return a user as a login knows them; made-up users have passwords of one form."""
        user = self.user(subject)
        name = user.username or self._names.get(subject, subject)
        return Person(
            subject,
            name,
            # Long, with letters of both cases, a digit and a sign, as rules for passwords want.
            user.password or f"Pw-{name}-1!",
            user.client_id,
            user.client_secret,
            self.attributes.get(subject, {}),
        )


@dataclass(slots=True)
class SurfaceCredentials:
    """Credentials for one surface, one a subject, reused until they end.

    Attributes:
        identity: How the surface's callers say or prove who they are.
        people: The users.
        urls: URLs of the surface, in which `{token}` may stand.
        login: Signs users up and logs them in, where the identity is a login's.
    """

    identity: IdentityConfig
    people: People
    urls: Sequence[str] = ()
    login: Login | None = None
    _tokens: dict[str, str] = field(default_factory=dict)
    _sessions: dict[str, LoginSession] = field(default_factory=dict)
    _signed_up: dict[str, str] = field(default_factory=dict)
    # Subject to what it presents, of those that were looked at.
    _presented: dict[str, str] = field(default_factory=dict, repr=False)
    # Calls are made from several threads at once, and each user logs in once.
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def present(self, actor: Actor, subject: str) -> Presented:
        """Return what this actor presents.

        Raises:
            CredentialError: A user's credential cannot be had.
        """
        if actor.user is not None:
            return self.of_user(subject)
        if actor.forgery is None:
            return Presented(connection=self._connection(_NO_CREDENTIAL))
        return self._forged(actor.forgery, subject)

    def of_user(self, subject: str) -> Presented:
        """Return what a user presents, logged in where the identity is a login's.

        Raises:
            CredentialError: The credential cannot be had.
        """
        presented = self.before_login(subject)
        if self.login is None:
            return presented
        return self._with_login(presented, self.session(subject))

    @property
    def by_cookie(self) -> bool:
        """Return whether the cookies of a login are what proves who calls."""
        return self.identity.login is not None and self.identity.login.carrier == "cookie"

    def before_login(self, subject: str) -> Presented:
        """Return what a user presents besides a login, e.g. when the tools are listed.

        Raises:
            CredentialError: The token cannot be had.
        """
        proven = self.identity.needs_tokens(self.urls)
        token = self.token(subject) if proven else ""
        presented = self._placed(subject, token, self._connection(subject))
        if proven and self.login is None and "argument" not in self.identity.by:
            self._require_own(subject, presented)
        return presented

    def _require_own(self, subject: str, presented: Presented) -> None:
        """Refuse to have two users present the same: all that is one's would be the other's.

        Raises:
            CredentialError: Another user presents it.
        """
        with self._lock:
            if subject in self._presented:
                return
            shown = repr(replace(presented, connection=""))
            first = next((one for one, its in self._presented.items() if its == shown), subject)
            if first == subject:
                self._presented[subject] = shown
        if first != subject:
            raise CredentialError(
                f"{first} and {subject} present the same credential, so that the system cannot "
                "tell them apart: give each user of [users] a token of their own, or let "
                "identity.token, its token_command or the claims of [identity.mint] name {user}"
            )

    def session(self, subject: str) -> LoginSession:
        """Return a user's login session; signed up, logged in or renewed where it is time.

        Raises:
            CredentialError: The login is refused, or its answer lacks what the file says it has.
        """
        if self.login is None:
            raise CredentialError("the file describes no login for this surface")
        with self._lock:
            person = self.people.person(subject)
            found = self._sessions.get(subject)
            if found is not None and not found.over():
                return found
            renewed = self.login.renew(person, found) if found is not None else None
            if renewed is None:
                renewed = self._logged_in(self.login, person)
            self._sessions[subject] = renewed
            return renewed

    def log_in_anew(self, subject: str) -> None:
        """Log a user in beside the session that they have, to see whether it still works.

        Raises:
            CredentialError: The login is refused, or there is none.
        """
        if self.login is None:
            raise CredentialError("the file describes no login for this surface")
        if not are_held_back():
            # A made-up user is signed up by the first login.
            self.session(subject)
        self.login.log_in(self.people.person(subject), self.before_login(subject))

    def enroll(self, name: str) -> str:
        """Sign a user up and log them in under a name; return the subject that the system gave.

        Raises:
            CredentialError: The login is refused, or nothing in its answers is the subject.
        """
        if self.login is None:
            return name
        person = self.people.person(name)
        session = self._logged_in(self.login, person)
        subject = session.subject or self._signed_up.get(name, "")
        if not subject:
            raise CredentialError(
                f"{name} was signed up and no answer gave an id: correct `subject` under "
                "[identity.login] or its register_first"
            )
        self.people.learn(subject, name)
        self._sessions[subject] = session
        return subject

    def forget(self) -> None:
        """Sign up and log in anew: the system was reset."""
        self._sessions.clear()
        self._signed_up.clear()

    def token(self, subject: str) -> str:
        """Return the token of a subject that does not come from a login.

        Raises:
            CredentialError: Nothing gives it one.
        """
        with self._lock:
            if subject not in self._tokens:
                self._tokens[subject] = self._new_token(subject)
            return self._tokens[subject]

    def spoilable(self, subject: str) -> tuple[str, ...]:
        """Return the kinds of spoiled credentials that can be made of this surface's.

        Raises:
            CredentialError: A user's credential cannot be had.
        """
        token = self._spoilable_token(subject)
        kinds = spoilable(token, self.identity.mint) if token else ()
        # Where any name is a user's, such a token is another user's, and rightly served.
        return tuple(
            each for each in kinds if each != CUT_SHORT or not self._of_another(subject, token)
        )

    def _of_another(self, subject: str, token: str) -> bool:
        """Return whether a token that is cut short is one of another made-up user."""
        identity = self.identity
        before, named, after = identity.token.partition("{user}")
        if not named or self.people.listed or identity.mint or identity.token_command:
            return False
        short = spoiled(CUT_SHORT, token, None, subject)
        return (
            short.startswith(before)
            and short.endswith(after)
            and len(short) > len(before) + len(after)
        )

    def _spoilable_token(self, subject: str) -> str:
        """The token whose forgery must be refused; the value of a cookie where that is all."""
        if self.identity.needs_tokens(self.urls):
            return self.token(subject)
        login = self.identity.login
        if self.login is None or login is None or login.carrier == "session":
            return ""
        session = self.session(subject)
        cookie = next(iter(session.cookies.values()), "")
        return cookie if self.by_cookie else session.token or cookie

    def _forged(self, kind: str, subject: str) -> Presented:
        connection = self._connection(f"{_NO_CREDENTIAL} {kind}")
        token = self._spoilable_token(subject)
        if kind not in self.spoilable(subject):
            return Presented(connection=connection)
        forged = spoiled(kind, token, self.identity.mint, subject)
        if self.identity.needs_tokens(self.urls):
            return self._placed(subject, forged, connection)
        session = self.session(subject)
        # With `carried = "cookie"` the cookies are what is presented, whatever token was read.
        by_cookie = self.by_cookie or not session.token
        cookies = dict.fromkeys(session.cookies, forged) if by_cookie else {}
        made_up = LoginSession("" if by_cookie else forged, cookies=cookies, csrf=session.csrf)
        return self._with_login(Presented(connection=connection), made_up)

    def _logged_in(self, login: Login, person: Person) -> LoginSession:
        presented = self.before_login(person.subject)
        if person.name not in self._signed_up:
            self._signed_up[person.name] = login.sign_up(person, presented)
        subject = self._signed_up[person.name]
        if subject:
            person = replace(person, subject=subject)
        return login.log_in(person, presented)

    def _with_login(self, presented: Presented, session: LoginSession) -> Presented:
        login = self.identity.login
        if login is None or login.carrier == "session":
            return presented
        if login.carrier == "token-argument":
            arguments = {**presented.arguments, login.argument: session.token}
            return replace(presented, arguments=arguments)
        return replace(presented.with_headers(carried(login, session)), csrf=session.csrf)

    def _placed(self, subject: str, token: str, connection: str) -> Presented:
        """User and token in the places that the description names."""
        identity = self.identity
        by = identity.by

        def fill(text: str) -> str:
            return text.replace("{user}", subject).replace("{token}", token)

        headers, said = {}, fill(identity.value)
        if "bearer" in by:
            headers["Authorization"] = f"Bearer {token}"
        if "header" in by:
            headers[identity.header] = said
        return Presented(
            headers=headers,
            arguments={identity.token_argument: token} if "token-argument" in by else {},
            query={identity.query: said} if "query" in by else {},
            cookies={identity.cookie: said} if "cookie" in by else {},
            address={"user": subject, "token": token} if "url" in by else {},
            environment=(
                {name: fill(text) for name, text in identity.environment.items()}
                if "environment" in by
                else {}
            ),
            connection=connection,
        )

    def _connection(self, name: str) -> str:
        """Callers that are told apart by arguments alone share one connection, as at a gateway."""
        apart = set(self.identity.by) - {"argument", "token-argument"}
        login = self.identity.login
        if apart == {"login"} and login is not None and login.carrier == "token-argument":
            apart = set()
        return name if apart else ""

    def _new_token(self, subject: str) -> str:
        identity = self.identity
        user = self.people.user(subject)
        if user.token:
            return user.token
        known = {"tenant": "", "role": "", **self.people.attributes.get(subject, {})}
        known["user"] = subject
        if command := user.token_command or identity.token_command:
            return _printed(filled(command, known), self.people.folder, subject)
        if identity.mint is not None:
            of_user = self.people.attributes.get(subject)
            return mint(identity.mint, subject, of_user, self.people.called.get(subject, ""))
        if identity.token:
            text: str = filled(identity.token, known)
            return text
        raise CredentialError(f"{subject} has no token: set users.{subject}.token")


@dataclass(slots=True)
class DescribedCredentials:
    """Credentials as a file describes them: one identity for all surfaces, or one for each.

    Attributes:
        mcp: Credentials for the MCP server, where there is one.
        rest: Credentials for the REST API, where there is one.
    """

    mcp: SurfaceCredentials | None = None
    rest: SurfaceCredentials | None = None

    def of(self, surface: str) -> SurfaceCredentials:
        """Return the credentials for a surface.

        Raises:
            CredentialError: The file describes none.
        """
        if surface == SURFACE:
            found = next((each for each in self.all if each.identity.login is not None), None)
        else:
            found = self.mcp if surface_name(surface) == "mcp" else self.rest
        if found is None:
            raise CredentialError(f"the file describes no identity for {surface}")
        return found

    def rename(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Keep what is known of users who go by other subjects from now on.

        Args:
            before: User name to subject.
            after: The same users with their new subjects.
        """
        for each in self.all:
            for name, subject in after.items():
                each.people.rename(before[name], subject)

    @property
    def all(self) -> tuple[SurfaceCredentials, ...]:
        """Credentials of all surfaces."""
        return tuple(each for each in (self.mcp, self.rest) if each is not None)

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return what this actor presents.

        Raises:
            CredentialError: A user's credential cannot be had.
        """
        return self.of(surface).present(actor, subject)

    def discovery(self, surface: str, subject: str) -> Presented:
        """Return what a user presents when a surface's operations are listed.

        A login by a tool comes only after the tools were listed.

        Raises:
            CredentialError: The credential cannot be had.
        """
        found = self.of(surface)
        login = found.identity.login
        if login is not None and not login.tool:
            return found.of_user(subject)
        return found.before_login(subject)

    def enrolling(self) -> SurfaceCredentials | None:
        """Return the credentials whose login says by which id the system knows a user, if any."""
        for each in self.all:
            if each.identity.login is not None and each.identity.login.learns_subject:
                return each
        return None

    def spoilable(self, subject: str) -> tuple[str, ...]:
        """Return the kinds of spoiled credentials that any surface can be tried with.

        Raises:
            CredentialError: A user's credential cannot be had.
        """
        kinds = (kind for each in self.all for kind in each.spoilable(subject))
        return tuple(dict.fromkeys(kinds))

    def forget(self) -> None:
        """Sign up and log in anew: the system was reset."""
        for each in self.all:
            each.forget()


def surface_name(surface: str) -> SurfaceName:
    """Return the table of the file that a surface belongs to; `chat` is the REST API's."""
    return "mcp" if surface.startswith("mcp") else "rest"


def _printed(command: list[str], folder: Path, subject: str) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CredentialError(
            f"the token command for {subject} failed ({type(error).__name__}): {command[0]}"
        ) from error
    token = done.stdout.strip()
    if done.returncode != 0 or not token:
        said = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise CredentialError(f"the token command for {subject} failed: {said[:200]}")
    return token
