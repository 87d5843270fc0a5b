"""The page that a form leads to, which tells what became of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import httpx2

from crosstalk.surface.pages.html import Page, page_of
from crosstalk.surface.rest.request import Request

# Several cookies are set by one header line each, which are joined by commas.
_COOKIE = re.compile(r"(?:^|,\s*)([!#$%&'*+.^_`|~\w-]+)=([^;,]*)")


_MOST_REDIRECTS = 3


def led_to(
    http: httpx2.Client,
    made: Request,
    location: str,
    set_cookie: str,
    refusing: Callable[[str], bool],
) -> Page | None:
    """Read the page that a form leads its sender to.

    Args:
        http: Follows no redirects.
        made: The request of the form.
        location: Where its answer leads.
        set_cookie: Cookies that its answer sets: what was told is kept in one by some frameworks.
        refusing: Says of an address whether who is led there was refused.

    Returns:
        The page; an empty one where it cannot be read, None where who sent the form is refused.
    """
    url = urljoin(made.url, location)
    headers = _headers(made, set_cookie)
    for _ in range(_MOST_REDIRECTS):
        if refusing(url):
            return None
        if _origin(url) != _origin(made.url):
            break
        try:
            response = http.get(url, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            break
        if not response.has_redirect_location:
            html = "html" in response.headers.get("content-type", "")
            return page_of(response.text if html and response.is_success else "")
        url = urljoin(url, response.headers["location"])
    return page_of("")


def _headers(made: Request, set_cookie: str) -> dict[str, str]:
    """Return the headers of who sent the form, with the cookies that its answer set."""
    pairs = [each.strip().partition("=") for each in made.headers.get("Cookie", "").split(";")]
    cookies = {name: value for name, _, value in pairs if name}
    cookies |= dict(_COOKIE.findall(set_cookie))
    said = "; ".join(f"{name}={value}" for name, value in cookies.items())
    kept = {
        name: value
        for name, value in made.headers.items()
        if name.lower() not in ("content-type", "cookie", "idempotency-key")
    }
    return {**kept, **({"Cookie": said} if said else {})}


def _origin(url: str) -> tuple[str, str]:
    split = urlsplit(url)
    return split.scheme, split.netloc
