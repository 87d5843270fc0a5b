"""Bookworm: shelves, reading progress and favourite quotations of readers, on fastmcp."""

import os
import secrets
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

PLANTED = "cursor-owner", "import-dedupe", "shelf-counts", "quote-nested"
leaks = os.environ.get("LEAKS", "all")
LEAKS = set(PLANTED) if leaks == "all" else set(leaks.split(","))

READERS = {
    "bw_live_Olga5Q": {"client_id": "olga", "scopes": []},
    "bw_live_Pavel8": {"client_id": "pavel", "scopes": []},
    "bw_live_Quinn3": {"client_id": "quinn", "scopes": []},
}
CLASSICS = {
    "9780141439518": ("Pride and Prejudice", "Jane Austen"),
    "9780141441146": ("Jane Eyre", "Charlotte Bronte"),
    "9780142437179": ("Moby-Dick", "Herman Melville"),
    "9780140449136": ("Crime and Punishment", "Fyodor Dostoevsky"),
}


@dataclass
class Quote:
    quote_id: str
    text: str
    page: int


@dataclass
class Book:
    book_id: str
    title: str
    author: str
    shelf: str
    pages: int
    at_page: int = 0
    stars: int | None = None
    review: str = ""
    lent_to: str | None = None
    quotes: list[Quote] = field(default_factory=list)
    finished_on: str | None = None


library: dict[str, dict[str, Book]] = {}
cursors: dict[str, tuple[str, str | None, int]] = {}
PAGE = 5

mcp: FastMCP[Any] = FastMCP(
    "Bookworm",
    instructions="Keep a reader's shelves. Books are private to the reader that added them.",
    auth=StaticTokenVerifier(tokens=READERS),
)


def reader() -> str:
    token = get_access_token()
    if token is None:
        raise ToolError("Sign in first.")
    return token.client_id


def shelf_of(owner: str) -> dict[str, Book]:
    return library.setdefault(owner, {})


def get(book_id: str) -> Book:
    try:
        return shelf_of(reader())[book_id]
    except KeyError:
        raise ToolError(f"No book {book_id} on your shelves.") from None


def brief(book: Book) -> dict[str, Any]:
    return {
        "book_id": book.book_id,
        "title": book.title,
        "author": book.author,
        "shelf": book.shelf,
        "progress": f"{book.at_page}/{book.pages}",
    }


def place_on_shelf(title: str, author: str, shelf: str, pages: int) -> Book:
    book = Book(secrets.token_urlsafe(9), title.strip(), author.strip(), shelf, pages)
    shelf_of(reader())[book.book_id] = book
    return book


@mcp.tool
def look_up_isbn(isbn: str) -> dict[str, str]:
    """Look a book up in the public catalogue of classics."""
    if isbn not in CLASSICS:
        raise ToolError("The catalogue has no such ISBN.")
    title, author = CLASSICS[isbn]
    return {"title": title, "author": author}


@mcp.tool
def add_book(
    title: Annotated[str, Field(min_length=1, max_length=200)],
    author: str = "unknown",
    shelf: str = "to-read",
    pages: Annotated[int, Field(ge=1, le=20_000)] = 300,
) -> dict[str, Any]:
    """Add a book to one of your shelves."""
    return brief(place_on_shelf(title, author, shelf, pages))


@mcp.tool
def import_books(lines: Annotated[list[str], Field(max_length=100)]) -> dict[str, Any]:
    """Add many books, one line each: `title; author`. Those you have already are skipped."""
    readers = list(library) if "import-dedupe" in LEAKS else [reader()]
    known = {
        (book.title.lower(), book.author.lower())
        for owner in readers
        for book in shelf_of(owner).values()
    }
    added, skipped = [], 0
    for line in lines:
        title, _, author = (part.strip() for part in line.partition(";"))
        if not title or (title.lower(), (author or "unknown").lower()) in known:
            skipped += 1
            continue
        known.add((title.lower(), (author or "unknown").lower()))
        added.append(place_on_shelf(title, author or "unknown", "imported", 300).book_id)
    return {"imported": added, "skipped": skipped}


@mcp.tool
def list_books(shelf: str | None = None, cursor: str | None = None) -> dict[str, Any]:
    """List your books, five at a time; give `next_cursor` back as `cursor` for more."""
    owner, start = reader(), 0
    if cursor is not None:
        if cursor not in cursors:
            raise ToolError("This cursor is unknown.")
        kept_owner, kept_shelf, kept_start = cursors[cursor]
        if "cursor-owner" in LEAKS:
            owner = kept_owner
        elif kept_owner != owner:
            raise ToolError("This cursor is unknown.")
        shelf, start = kept_shelf, kept_start
    books = [book for book in shelf_of(owner).values() if shelf in (None, book.shelf)]
    following = None
    if len(books) > start + PAGE:
        following = secrets.token_urlsafe(12)
        cursors[following] = (owner, shelf, start + PAGE)
    return {
        "books": [brief(book) for book in books[start : start + PAGE]],
        "next_cursor": following,
    }


@mcp.tool
def shelves() -> list[dict[str, Any]]:
    """Your shelves and the number of books on each."""
    counted: dict[str, int] = {book.shelf: 0 for book in shelf_of(reader()).values()}
    owners = list(library) if "shelf-counts" in LEAKS else [reader()]
    for owner in owners:
        for book in shelf_of(owner).values():
            if book.shelf in counted:
                counted[book.shelf] += 1
    return [{"shelf": name, "books": counted[name]} for name in sorted(counted)]


@mcp.tool
def open_book(book_id: str) -> dict[str, Any]:
    """Everything kept about a book, with its quotations."""
    return asdict(get(book_id))


@mcp.tool
def read_to(book_id: str, page: Annotated[int, Field(ge=0)]) -> dict[str, Any]:
    """Note the page you are at; at the last page the book is finished."""
    book = get(book_id)
    if page > book.pages:
        raise ToolError(f"{book.title} has {book.pages} pages.")
    book.at_page = page
    book.finished_on = datetime.now(UTC).date().isoformat() if page == book.pages else None
    return brief(book)


@mcp.tool
def move_to_shelf(book_id: str, shelf: Annotated[str, Field(min_length=1)]) -> dict[str, Any]:
    """Put a book on another shelf."""
    book = get(book_id)
    book.shelf = shelf
    return brief(book)


@mcp.tool
def review(book_id: str, stars: Annotated[int, Field(ge=1, le=5)], text: str = "") -> str:
    """Review a book, for yourself."""
    book = get(book_id)
    book.stars, book.review = stars, text
    return f"{'*' * stars} {book.title}"


@mcp.tool
def lend(book_id: str, to: str | None = None) -> str:
    """Note to whom a book is lent; without `to` it is back."""
    book = get(book_id)
    book.lent_to = to
    return f"{book.title} is lent to {to}" if to else f"{book.title} is back"


@mcp.tool
def add_quote(book_id: str, text: str, page: int = 0) -> dict[str, Any]:
    """Copy a quotation out of a book."""
    book = get(book_id)
    quote = Quote(secrets.token_hex(5), text, page)
    book.quotes.append(quote)
    return {"book_id": book_id, "quote_id": quote.quote_id}


@mcp.tool
def edit_quote(book_id: str, quote_id: str, text: str) -> str:
    """Correct a quotation of a book."""
    books = [get(book_id)]
    if "quote-nested" in LEAKS:
        books = [book for books_of_one in library.values() for book in books_of_one.values()]
    for book in books:
        for quote in book.quotes:
            if quote.quote_id == quote_id:
                quote.text = text
                return "Corrected."
    raise ToolError(f"The book has no quotation {quote_id}.")


@mcp.tool
def find_quotes(containing: Annotated[str, Field(min_length=2)]) -> list[dict[str, Any]]:
    """Find quotations in your books."""
    return [
        {"book_id": book.book_id, "title": book.title, **asdict(quote)}
        for book in shelf_of(reader()).values()
        for quote in book.quotes
        if containing.lower() in quote.text.lower()
    ]


@mcp.tool
def discard_book(book_id: str) -> str:
    """Take a book off your shelves for good, with its quotations."""
    book = get(book_id)
    del shelf_of(reader())[book_id]
    return f"{book.title} is gone."


if __name__ == "__main__":
    mcp.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
