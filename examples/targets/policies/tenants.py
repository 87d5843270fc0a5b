"""Documents that an organisation shares. Faults: by-id, search, update (across organisations)."""

from __future__ import annotations

from typing import Any

from example_server import Who, leaks, new_id, not_found, serve
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
documents: dict[str, dict[str, Any]] = {}


class Document(BaseModel):
    """A document's text."""

    text: str


@app.post("/documents")
def add_document(document: Document, who: Who) -> dict[str, Any]:
    row = {"id": new_id(), "tenant": who.tenant, "author": who.user, "text": document.text}
    documents[row["id"]] = row
    return row


@app.get("/documents")
def list_documents(who: Who) -> list[dict[str, Any]]:
    return [each for each in documents.values() if each["tenant"] == who.tenant]


@app.get("/search")
def search_documents(q: str, who: Who) -> list[dict[str, Any]]:
    return [
        each
        for each in documents.values()
        if q.lower() in each["text"].lower() and (each["tenant"] == who.tenant or leaks("search"))
    ]


@app.get("/documents/{document_id}")
def get_document(document_id: str, who: Who) -> dict[str, Any]:
    row = documents.get(document_id)
    if row is None or (row["tenant"] != who.tenant and not leaks("by-id")):
        raise not_found()
    return row


@app.patch("/documents/{document_id}")
def update_document(document_id: str, document: Document, who: Who) -> dict[str, Any]:
    row = documents.get(document_id)
    if row is None or (row["tenant"] != who.tenant and not leaks("update")):
        raise not_found()
    row["text"] = document.text
    return {"id": document_id, "text": document.text}


serve(app)
