"""The OpenAPI document of the lettings server, written by hand."""

UNIT_FIELDS = {"address": "string", "tenant": "string", "rent": "integer"}


def _json(properties, required):
    schema = {"type": "object", "properties": properties, "required": required}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _path(name, example):
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "example": example,
    }


def _op(name, text, answers="200", **more):
    return {
        "operationId": name,
        "summary": text,
        "responses": {answers: {"description": text}, "401": {"description": "Log in first"}},
        **more,
    }


def document():
    unit = {
        "address": {"type": "string", "maxLength": 200, "example": "4 Mill Lane"},
        "tenant": {"type": "string", "maxLength": 200},
        "rent": {"type": "integer", "minimum": 1, "example": 900},
    }
    codes = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    payment = {
        "month": {"type": "string", "pattern": "^\\d{4}-\\d{2}$", "example": "2026-03"},
        "amount": {"type": "integer", "minimum": 0, "example": 900},
    }
    code, filename = _path("code", "U-2345678"), _path("filename", "contract.txt")
    form = {
        "type": "object",
        "properties": {"login": {"type": "string"}, "password": {"type": "string"}},
        "required": ["login", "password"],
    }
    upload = {"content": {"text/plain": {"schema": {"type": "string"}}}}
    archived = {
        "name": "archived",
        "in": "query",
        "schema": {"type": "string", "enum": ["yes", "no", "any"]},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Lettings", "version": "5"},
        "components": {
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "lettings_session"}
            }
        },
        "security": [{"session": []}],
        "paths": {
            "/login": {
                "post": _op(
                    "login",
                    "Log in; the answer sets a cookie",
                    "302",
                    security=[],
                    requestBody={
                        "content": {"application/x-www-form-urlencoded": {"schema": form}}
                    },
                )
            },
            "/logout": {"post": _op("logout", "Log out", "302")},
            "/": {"get": _op("dashboard", "Numbers of your units and overdue payments")},
            "/api/units": {
                "get": _op("listUnits", "Your units", parameters=[archived]),
                "post": _op(
                    "addUnit", "Add a unit", "201", requestBody=_json(unit, ["address", "rent"])
                ),
            },
            "/api/units/archive": {
                "post": _op(
                    "archiveUnits",
                    "Archive several of your units at once",
                    requestBody=_json({"codes": codes}, ["codes"]),
                )
            },
            "/api/units/{code}": {
                "parameters": [code],
                "get": _op("getUnit", "One unit"),
                "patch": _op("changeUnit", "Change a unit", requestBody=_json(unit, [])),
                "delete": _op("deleteUnit", "Delete a unit and its payments", "204"),
            },
            "/api/units/{code}/payments": {
                "parameters": [code],
                "get": _op("listPayments", "Payments of rent for a unit"),
                "post": _op(
                    "bookPayment",
                    "Book a payment",
                    "201",
                    requestBody=_json(payment, ["month", "amount"]),
                ),
            },
            "/api/documents": {"get": _op("listDocuments", "Names of your documents")},
            "/api/documents/{filename}": {
                "parameters": [filename],
                "put": _op("putDocument", "Store a document", requestBody=upload),
                "get": _op("getDocument", "The text of a document"),
                "delete": _op("deleteDocument", "Delete a document", "204"),
            },
        },
    }
