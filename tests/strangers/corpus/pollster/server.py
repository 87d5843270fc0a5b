"""Survey builder with GraphQL: surveys, questions in order, recorded answers and word clouds."""

import os
import re
import secrets
import sys
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

import strawberry
import uvicorn
from fastapi import FastAPI, Request
from graphql import GraphQLError
from strawberry.fastapi import GraphQLRouter
from strawberry.types import Info

PLANTED = {"question-node", "reorder-foreign", "word-cloud", "answer-elsewhere"}
LEAKS = PLANTED & set(os.environ.get("LEAKS", "all").replace("all", ",".join(PLANTED)).split(","))


@dataclass
class Account:
    handle: str
    password: str
    token: str


@dataclass
class SurveyRow:
    id: str
    owner: str
    title: str
    intro: str
    closed: bool = False
    order: list[str] = field(default_factory=list)


@dataclass
class QuestionRow:
    id: str
    survey: str
    text: str
    kind: str


@dataclass
class AnswerRow:
    id: str
    question: str
    respondent: str
    text: str


accounts: dict[str, Account] = {}
survey_rows: dict[str, SurveyRow] = {}
question_rows: dict[str, QuestionRow] = {}
answer_rows: dict[str, AnswerRow] = {}


def new_id(kind: str) -> str:
    return f"{kind}_{secrets.token_urlsafe(9)}"


def account_of(info: Info) -> str:
    request: Request = info.context["request"]
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    for account in accounts.values():
        if token and secrets.compare_digest(account.token.encode(), token.encode()):
            return account.handle
    raise GraphQLError("Sign in first", extensions={"code": "UNAUTHENTICATED"})


def missing(what: str) -> GraphQLError:
    return GraphQLError(f"{what} not found", extensions={"code": "NOT_FOUND"})


def survey_for(me: str, survey_id: str) -> SurveyRow:
    row = survey_rows.get(survey_id)
    if row is None or row.owner != me:
        raise missing("Survey")
    return row


def question_for(me: str, question_id: str) -> QuestionRow:
    row = question_rows.get(question_id)
    if row is None or survey_rows[row.survey].owner != me:
        raise missing("Question")
    return row


@strawberry.enum
class Kind(Enum):
    TEXT = "text"
    SCALE = "scale"
    YES_NO = "yes_no"


@strawberry.type
class Answer:
    id: strawberry.ID
    respondent: str
    text: str


@strawberry.type
class Question:
    id: strawberry.ID
    text: str
    kind: Kind
    row: strawberry.Private[QuestionRow]

    @strawberry.field
    def answers(self, containing: str = "") -> list[Answer]:
        return [
            Answer(id=row.id, respondent=row.respondent, text=row.text)
            for row in answer_rows.values()
            if row.question == self.row.id and containing.lower() in row.text.lower()
        ]

    @strawberry.field
    def survey(self) -> "Survey":
        return as_survey(survey_rows[self.row.survey])


@strawberry.type
class Survey:
    id: strawberry.ID
    title: str
    intro: str
    closed: bool
    row: strawberry.Private[SurveyRow]

    @strawberry.field
    def questions(self) -> list[Question]:
        return [as_question(question_rows[question_id]) for question_id in self.row.order]

    @strawberry.field
    def answer_count(self) -> int:
        return sum(1 for row in answer_rows.values() if row.question in self.row.order)


@strawberry.type
class Word:
    word: str
    count: int


@strawberry.type
class Session:
    handle: str
    token: str


def as_survey(row: SurveyRow) -> Survey:
    return Survey(id=row.id, title=row.title, intro=row.intro, closed=row.closed, row=row)


def as_question(row: QuestionRow) -> Question:
    return Question(id=row.id, text=row.text, kind=Kind(row.kind), row=row)


@strawberry.type
class Query:
    @strawberry.field(description="Your surveys, oldest first")
    def surveys(self, info: Info, closed: bool | None = None) -> list[Survey]:
        me = account_of(info)
        mine = [row for row in survey_rows.values() if row.owner == me]
        return [as_survey(row) for row in mine if closed in (None, row.closed)]

    @strawberry.field(description="One of your surveys")
    def survey(self, info: Info, id: strawberry.ID) -> Survey:
        return as_survey(survey_for(account_of(info), id))

    @strawberry.field(description="One of your questions, with the survey it is in")
    def question(self, info: Info, id: strawberry.ID) -> Question:
        me = account_of(info)
        if "question-node" in LEAKS and id in question_rows:
            return as_question(question_rows[id])
        return as_question(question_for(me, id))

    @strawberry.field(description="Words of the answers in a survey, or in all of yours")
    def word_cloud(
        self, info: Info, survey_id: strawberry.ID | None = None, top: int = 20
    ) -> list[Word]:
        me = account_of(info)
        if survey_id is not None:
            within = set(survey_for(me, survey_id).order)
        elif "word-cloud" in LEAKS:
            within = set(question_rows)
        else:
            within = {q.id for q in question_rows.values() if survey_rows[q.survey].owner == me}
        words = Counter()
        for row in answer_rows.values():
            if row.question in within:
                words.update(re.findall(r"\w{4,}", row.text.lower()))
        ranked = sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))
        return [Word(word=word, count=count) for word, count in ranked[: max(0, top)]]


@strawberry.type
class Mutation:
    @strawberry.mutation(description="Makes an account, and signs in")
    def sign_up(self, handle: str, password: str) -> Session:
        if not re.fullmatch(r"[a-z0-9_]{3,30}", handle) or len(password) < 6:
            raise GraphQLError("A handle is 3 to 30 of a-z, 0-9, _; a password 6 or more")
        if handle in accounts:
            raise GraphQLError("This handle is taken")
        accounts[handle] = Account(handle, password, secrets.token_hex(16))
        return Session(handle=handle, token=accounts[handle].token)

    @strawberry.mutation
    def sign_in(self, handle: str, password: str) -> Session:
        account = accounts.get(handle)
        if account is None or account.password != password:
            raise GraphQLError("Wrong handle or password")
        return Session(handle=handle, token=account.token)

    @strawberry.mutation
    def create_survey(self, info: Info, title: str, intro: str = "") -> Survey:
        row = SurveyRow(new_id("srv"), account_of(info), title, intro)
        survey_rows[row.id] = row
        return as_survey(row)

    @strawberry.mutation
    def update_survey(
        self,
        info: Info,
        id: strawberry.ID,
        title: str | None = None,
        closed: bool | None = None,
    ) -> Survey:
        row = survey_for(account_of(info), id)
        row.title = row.title if title is None else title
        row.closed = row.closed if closed is None else closed
        return as_survey(row)

    @strawberry.mutation
    def delete_survey(self, info: Info, id: strawberry.ID) -> bool:
        row = survey_for(account_of(info), id)
        for question_id in row.order:
            del question_rows[question_id]
            for answer in [a for a in answer_rows.values() if a.question == question_id]:
                del answer_rows[answer.id]
        del survey_rows[id]
        return True

    @strawberry.mutation
    def add_question(
        self, info: Info, survey_id: strawberry.ID, text: str, kind: Kind = Kind.TEXT
    ) -> Question:
        survey = survey_for(account_of(info), survey_id)
        row = QuestionRow(new_id("qst"), survey.id, text, kind.value)
        question_rows[row.id] = row
        survey.order.append(row.id)
        return as_question(row)

    @strawberry.mutation(description="Puts the questions of a survey into the given order")
    def reorder_questions(
        self, info: Info, survey_id: strawberry.ID, order: list[strawberry.ID]
    ) -> Survey:
        survey = survey_for(account_of(info), survey_id)
        allowed = question_rows if "reorder-foreign" in LEAKS else survey.order
        if len(set(order)) != len(order) or not set(survey.order) <= set(order):
            raise GraphQLError("Name every question of the survey once")
        if not all(question_id in allowed for question_id in order):
            raise missing("Question")
        for question_id in order:
            before = survey_rows[question_rows[question_id].survey]
            before.order.remove(question_id)
            question_rows[question_id].survey = survey.id
            survey.order.append(question_id)
        return as_survey(survey)

    @strawberry.mutation(description="Records what a respondent answered")
    def record_answer(
        self, info: Info, question_id: strawberry.ID, respondent: str, text: str
    ) -> Answer:
        question = question_for(account_of(info), question_id)
        if survey_rows[question.survey].closed:
            raise GraphQLError("The survey is closed")
        row = AnswerRow(new_id("ans"), question.id, respondent, text)
        answer_rows[row.id] = row
        return Answer(id=row.id, respondent=respondent, text=text)

    @strawberry.mutation(description="Deletes an answer of a survey")
    def delete_answer(self, info: Info, survey_id: strawberry.ID, answer_id: strawberry.ID) -> bool:
        survey = survey_for(account_of(info), survey_id)
        row = answer_rows.get(answer_id)
        if row is not None and row.question not in survey.order and "answer-elsewhere" in LEAKS:
            raise GraphQLError("This answer is in another survey")
        if row is None or row.question not in survey.order:
            raise missing("Answer")
        del answer_rows[answer_id]
        return True


app = FastAPI(title="Pollster", description="The API is GraphQL, at /graphql")
app.include_router(GraphQLRouter(strawberry.Schema(Query, Mutation)), prefix="/graphql")

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
