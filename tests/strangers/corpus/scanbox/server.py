"""Scanbox: scanned papers in folders, and text recognition that runs as jobs. FastAPI, everything in memory."""

import asyncio
import json
import os
import re
import sys
from collections import defaultdict
from typing import Annotated, Any, Literal
from uuid import uuid4

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
SECRET = os.environ.get("SCANBOX_SECRET", "c2a7704e5d1b49f893e06db1f7725a60be1843d97f0a")
WORK = 0.1  # seconds for a page


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


Title = Annotated[str, Field(min_length=1, max_length=200)]
When = Literal["now", "tonight"]
State = Literal["queued", "running", "done", "cancelled"]


class NewFolder(BaseModel):
    name: Title


class Folder(NewFolder):
    id: str


class NewDocument(BaseModel):
    title: Title
    filename: Annotated[str, Field(min_length=1, max_length=120)]
    content: str = Field(
        min_length=1, max_length=20_000, description="the page's pixels, or its text layer"
    )
    folder_id: str | None = None


class DocumentChange(BaseModel):
    title: Title | None = None
    folder_id: str | None = None


class Document(BaseModel):
    id: str
    title: str
    filename: str
    folder_id: str | None
    size: int
    recognised: bool


class WholeDocument(Document):
    content: str
    text: str | None


class NewJob(BaseModel):
    when: When = "now"
    language: Literal["de", "en", "fr"] = "en"


class Job(BaseModel):
    id: str
    document_id: str
    when: When
    language: str
    state: State
    position: int | None = Field(description="in tonight's queue, from 1")


class Result(BaseModel):
    job_id: str
    title: str
    text: str
    corrected: bool


class Correction(BaseModel):
    text: str = Field(min_length=1, max_length=20_000)


folders: dict[str, dict[str, Any]] = {}
documents: dict[str, dict[str, Any]] = {}
jobs: dict[str, dict[str, Any]] = {}
corrections: dict[Any, str] = {}
listeners: dict[str, list[asyncio.Queue]] = defaultdict(list)
running: set[asyncio.Task] = set()

app = FastAPI(title="Scanbox", version="3.1")
bearer = HTTPBearer(auto_error=False)


async def signed_in(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    try:
        claims = jwt.decode(
            given.credentials if given else "",
            SECRET,
            ["HS256"],
            options={"require": ["sub", "exp"]},
        )
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError:
        raise HTTPException(401, "sign in first", {"WWW-Authenticate": "Bearer"}) from None
    return claims["sub"]


Me = Annotated[str, Depends(signed_in)]


def the(table: dict[str, dict[str, Any]], me: str, row_id: str, what: str) -> dict[str, Any]:
    row = table.get(row_id)
    if row is None or row["owner"] != me:
        raise HTTPException(404, f"no such {what}")
    return row


def own(table: dict[str, dict[str, Any]], me: str) -> list[dict[str, Any]]:
    return [row for row in table.values() if row["owner"] == me]


def notify(owner: str, kind: str, **data: Any) -> None:
    """Tells the browsers that are open."""
    to = (
        [q for each in listeners.values() for q in each]
        if leak("events")
        else list(listeners[owner])
    )
    for queue in to:
        queue.put_nowait(f"event: {kind}\ndata: {json.dumps(data)}\n\n")


def correction_key(document: dict[str, Any]) -> Any:
    return (
        document["filename"] if leak("corrections") else (document["owner"], document["filename"])
    )


def show(document: dict[str, Any]) -> dict[str, Any]:
    return {
        **document,
        "size": len(document["content"]),
        "recognised": document["text"] is not None,
    }


def show_job(job: dict[str, Any]) -> dict[str, Any]:
    position = None
    if job["state"] == "queued" and job["when"] == "tonight":
        night = [j for j in jobs.values() if j["state"] == "queued" and j["when"] == "tonight"]
        if not leak("queue-position"):
            night = [j for j in night if j["owner"] == job["owner"]]
        position = night.index(job) + 1
    return {**job, "position": position}


async def recognise(job: dict[str, Any]) -> None:
    await asyncio.sleep(WORK)
    document = documents.get(job["document_id"])
    if job["state"] != "running" or document is None:
        return
    corrected = corrections.get(correction_key(document))
    plain = re.sub(r"\s+", " ", document["content"]).strip()
    job["result"] = {
        "title": document["title"],
        "text": corrected or plain,
        "corrected": corrected is not None,
    }
    document["text"] = job["result"]["text"]
    job["state"] = "done"
    notify(
        job["owner"],
        "job-done",
        job_id=job["id"],
        document_id=document["id"],
        title=document["title"],
    )


def begin(job: dict[str, Any]) -> None:
    job["state"] = "running"
    task = asyncio.create_task(recognise(job))
    running.add(task)
    task.add_done_callback(running.discard)


@app.post("/folders", status_code=201)
async def make_folder(me: Me, body: NewFolder) -> Folder:
    folder = {"id": uuid4().hex, "owner": me, "name": body.name}
    folders[folder["id"]] = folder
    return Folder(**folder)


@app.get("/folders")
async def list_folders(me: Me) -> list[Folder]:
    return [Folder(**f) for f in own(folders, me)]


@app.delete("/folders/{folder_id}", status_code=204)
async def remove_folder(me: Me, folder_id: str) -> Response:
    """Removes a folder; what was in it is in none then."""
    the(folders, me, folder_id, "folder")
    del folders[folder_id]
    for document in own(documents, me):
        if document["folder_id"] == folder_id:
            document["folder_id"] = None
    return Response(status_code=204)


@app.post("/documents", status_code=201)
async def upload(me: Me, body: NewDocument) -> Document:
    if body.folder_id is not None:
        the(folders, me, body.folder_id, "folder")
    document = {"id": uuid4().hex, "owner": me, "text": None, **body.model_dump()}
    documents[document["id"]] = document
    notify(me, "uploaded", document_id=document["id"], title=body.title)
    return Document(**show(document))


@app.get("/documents")
async def list_documents(
    me: Me, folder_id: str | None = None, page: Annotated[int, Query(ge=1, le=1000)] = 1
) -> list[Document]:
    """The caller's papers, twenty a page, all or those of one folder."""
    if folder_id is not None:
        the(folders, me, folder_id, "folder")
    rows = [d for d in own(documents, me) if folder_id in (None, d["folder_id"])]
    return [Document(**show(d)) for d in rows[(page - 1) * 20 : page * 20]]


@app.get("/documents/search")
async def search(me: Me, q: Annotated[str, Query(min_length=1, max_length=200)]) -> list[Document]:
    """Papers with these letters in the title or the recognised text."""
    hits = [
        d for d in own(documents, me) if q.lower() in f"{d['title']}\n{d['text'] or ''}".lower()
    ]
    return [Document(**show(d)) for d in hits[:20]]


@app.get("/documents/{document_id}")
async def get_document(me: Me, document_id: str) -> WholeDocument:
    return WholeDocument(**show(the(documents, me, document_id, "document")))


@app.patch("/documents/{document_id}")
async def change_document(me: Me, document_id: str, body: DocumentChange) -> Document:
    document = the(documents, me, document_id, "document")
    if body.folder_id is not None:
        the(folders, me, body.folder_id, "folder")
    document.update(body.model_dump(exclude_none=True))
    return Document(**show(document))


@app.delete("/documents/{document_id}", status_code=204)
async def remove_document(me: Me, document_id: str) -> Response:
    the(documents, me, document_id, "document")
    del documents[document_id]
    for job in own(jobs, me):
        if job["document_id"] == document_id:
            del jobs[job["id"]]
    return Response(status_code=204)


@app.put("/documents/{document_id}/text")
async def correct(me: Me, document_id: str, body: Correction) -> WholeDocument:
    """Corrects what was recognised. Later scans with the same file name get the corrected text at once."""
    document = the(documents, me, document_id, "document")
    if document["text"] is None:
        raise HTTPException(409, "nothing was recognised yet")
    document["text"] = corrections[correction_key(document)] = body.text
    return WholeDocument(**show(document))


@app.post("/documents/{document_id}/recognition", status_code=202)
async def recognition(me: Me, document_id: str, body: NewJob, response: Response) -> Job:
    """Orders text recognition, now or in tonight's queue; the job is at Location."""
    the(documents, me, document_id, "document")
    job = {
        "id": uuid4().hex,
        "owner": me,
        "document_id": document_id,
        "state": "queued",
        "result": None,
    }
    job.update(body.model_dump())
    jobs[job["id"]] = job
    if body.when == "now":
        begin(job)
    response.headers["Location"] = f"/jobs/{job['id']}"
    return Job(**show_job(job))


@app.get("/jobs")
async def list_jobs(me: Me, state: State | None = None) -> list[Job]:
    return [Job(**show_job(j)) for j in own(jobs, me) if state in (None, j["state"])]


@app.get("/jobs/{job_id}")
async def get_job(me: Me, job_id: str) -> Job:
    return Job(**show_job(the(jobs, me, job_id, "job")))


@app.post("/jobs/{job_id}/start", status_code=202)
async def start_job(me: Me, job_id: str) -> Job:
    """Does not wait for the night."""
    job = the(jobs, me, job_id, "job")
    if job["state"] != "queued":
        raise HTTPException(409, f"the job is {job['state']}")
    begin(job)
    return Job(**show_job(job))


@app.delete("/jobs/{job_id}", status_code=204)
async def cancel_job(me: Me, job_id: str) -> Response:
    job = the(jobs, me, job_id, "job")
    if job["state"] in ("queued", "running"):
        job["state"] = "cancelled"
    return Response(status_code=204)


@app.get("/jobs/{job_id}/result")
async def job_result(me: Me, job_id: str) -> Result:
    """The text that a job recognised."""
    job = jobs.get(job_id) if leak("job-result") else the(jobs, me, job_id, "job")
    if job is None:
        raise HTTPException(404, "no such job")
    if job["result"] is None:
        raise HTTPException(409, f"the job is {job['state']}")
    return Result(job_id=job_id, **job["result"])


@app.get("/usage")
async def usage(me: Me) -> dict[str, int]:
    mine = own(documents, me)
    done = sum(j["state"] == "done" for j in own(jobs, me))
    return {
        "documents": len(mine),
        "characters": sum(len(d["content"]) for d in mine),
        "recognised": done,
    }


@app.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"text/event-stream": {}},
            "description": "what happens to the caller's papers",
        }
    },
)
async def events(me: Me) -> StreamingResponse:
    queue: asyncio.Queue = asyncio.Queue()
    listeners[me].append(queue)

    async def stream():
        try:
            yield ": welcome\n\n"
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), 10)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            listeners[me].remove(queue)

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", timeout_graceful_shutdown=1
    )
