"""Invoices of freelancers: customers, drafts, payments, imports, exports; Flask, bearer tokens."""

import csv
import io
import os
import signal
import sys
import threading
import uuid
from datetime import date, timedelta

from flask import Blueprint, Flask, Response, abort, g, jsonify, request
from werkzeug.exceptions import HTTPException

_LEAKS = os.environ.get("LEAKS", "all").strip()


def leaky(name):
    return _LEAKS == "all" or name in _LEAKS.split(",")


TOKENS = {
    "fr-amira-81c0": "amira",
    "fr-bastian-2e97": "bastian",
    "fr-chiyo-55d1": "chiyo",
}
CURRENCIES = ("EUR", "USD", "CHF")

customers = {}
invoices = {}
numbers = {}
last_import = {}
lock = threading.RLock()

api = Blueprint("api", __name__, url_prefix="/api")


@api.before_request
def authenticate():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    g.user = TOKENS.get(token) if scheme.lower() == "bearer" else None
    if g.user is None:
        abort(401, "invalid token")


def body():
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        abort(400, "send a JSON object")
    return given


def text(given, name, longest=200, default=None):
    value = given.get(name, default)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        abort(422, f"{name}: a text of 1 to {longest} characters")
    return value.strip()


def money(given, name):
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e7:
        abort(422, f"{name}: an amount above 0")
    return round(value, 2)


def mine(table, key, what):
    found = table.get(key)
    if found is None or found["owner"] != g.user:
        abort(404, f"{what} not found")
    return found


def open_balance(invoice):
    total = sum(line["amount"] for line in invoice["lines"])
    return round(total - sum(each["amount"] for each in invoice["payments"]), 2)


def view(invoice):
    return {**invoice, "open": open_balance(invoice)}


def paged(rows):
    try:
        page, size = int(request.args.get("page", 1)), int(request.args.get("per_page", 20))
    except ValueError:
        abort(400, "page and per_page are numbers")
    if page < 1 or not 1 <= size <= 100:
        abort(400, "page from 1, per_page from 1 to 100")
    return jsonify(
        {
            "data": rows[(page - 1) * size : page * size],
            "meta": {"page": page, "per_page": size, "count": len(rows)},
        }
    )


@api.get("/customers")
def list_customers():
    rows = [each for each in customers.values() if each["owner"] == g.user]
    return paged(sorted(rows, key=lambda each: each["name"].lower()))


def create_customer(given):
    customer = {
        "id": str(uuid.uuid4()),
        "owner": g.user,
        "name": text(given, "name"),
        "email": text(given, "email", default="-"),
    }
    customers[customer["id"]] = customer
    return customer


@api.post("/customers")
def post_customer():
    return jsonify({"data": create_customer(body())}), 201


@api.delete("/customers/<customer_id>")
def delete_customer(customer_id):
    mine(customers, customer_id, "customer")
    if any(each["customer_id"] == customer_id for each in invoices.values()):
        abort(409, "this customer has invoices")
    del customers[customer_id]
    return "", 204


@api.get("/invoices")
def list_invoices():
    rows = [view(each) for each in invoices.values() if each["owner"] == g.user]
    if state := request.args.get("state"):
        rows = [each for each in rows if each["state"] == state]
    if wanted := request.args.get("customer_id"):
        rows = [each for each in rows if each["customer_id"] == wanted]
    sort = request.args.get("sort", "created")
    if sort.lstrip("-") not in ("created", "open", "subject"):
        abort(400, "sort by created, open or subject")
    if sort.lstrip("-") != "created":
        rows.sort(key=lambda each: each[sort.lstrip("-")])
    if sort.startswith("-"):
        rows.reverse()
    return paged(rows)


def lines_of(given):
    lines = given.get("lines")
    if not isinstance(lines, list) or not 1 <= len(lines) <= 50:
        abort(422, "lines: 1 to 50 lines")
    if not all(isinstance(line, dict) for line in lines):
        abort(422, "lines: each an object")
    return [{"text": text(line, "text"), "amount": money(line, "amount")} for line in lines]


@api.post("/invoices")
def post_invoice():
    given = body()
    currency = given.get("currency", "EUR")
    if currency not in CURRENCIES:
        abort(422, f"currency: one of {', '.join(CURRENCIES)}")
    invoice = {
        "id": str(uuid.uuid4()),
        "owner": g.user,
        "number": None,
        "state": "draft",
        "customer_id": mine(customers, str(given.get("customer_id")), "customer")["id"],
        "subject": text(given, "subject"),
        "currency": currency,
        "lines": lines_of(given),
        "payments": [],
    }
    invoices[invoice["id"]] = invoice
    return jsonify({"data": view(invoice)}), 201


@api.get("/invoices/<invoice_id>")
def get_invoice(invoice_id):
    return jsonify({"data": view(mine(invoices, invoice_id, "invoice"))})


@api.patch("/invoices/<invoice_id>")
def patch_invoice(invoice_id):
    invoice = mine(invoices, invoice_id, "invoice")
    if invoice["state"] != "draft":
        abort(409, "only drafts can be changed")
    given, changes = body(), {}
    if "subject" in given:
        changes["subject"] = text(given, "subject")
    if "lines" in given:
        changes["lines"] = lines_of(given)
    if "customer_id" in given:
        changes["customer_id"] = mine(customers, str(given["customer_id"]), "customer")["id"]
    if leaky("owner-in-body") and given.get("owner") in TOKENS.values():
        changes["owner"] = given["owner"]
    invoice.update(changes)
    return jsonify({"data": view(invoice)})


@api.delete("/invoices/<invoice_id>")
def delete_invoice(invoice_id):
    if mine(invoices, invoice_id, "invoice")["state"] != "draft":
        abort(409, "only drafts can be deleted")
    del invoices[invoice_id]
    return "", 204


@api.post("/invoices/<invoice_id>/issue")
def issue(invoice_id):
    with lock:
        invoice = mine(invoices, invoice_id, "invoice")
        if invoice["state"] != "draft":
            abort(409, "already issued")
        series = "all" if leaky("one-series-of-numbers") else g.user
        numbers[series] = numbers.get(series, 0) + 1
        today = date.today()  # noqa: DTZ011
        invoice["number"] = f"{today.year}-{numbers[series]:04}"
        invoice["state"] = "issued"
    due = (today + timedelta(days=14)).isoformat()
    return jsonify({"data": {"id": invoice_id, "number": invoice["number"], "due": due}})


@api.post("/invoices/<invoice_id>/payments")
def pay(invoice_id):
    given = body()
    amount = money(given, "amount")
    with lock:
        if leaky("balance-before-owner") and invoice_id in invoices:
            left = open_balance(invoices[invoice_id])
        else:
            left = open_balance(mine(invoices, invoice_id, "invoice"))
        if amount > left:
            abort(422, f"amount is above the open balance of {left:.2f}")
        invoice = mine(invoices, invoice_id, "invoice")
        invoice["payments"].append({"amount": amount, "memo": str(given.get("memo", ""))[:200]})
    return jsonify({"data": view(invoice)}), 201


@api.post("/imports")
def import_customers():
    """Customers from a CSV of name and email, with a header line."""
    rows = csv.DictReader(io.StringIO(request.get_data(as_text=True)))
    if not {"name", "email"} <= set(rows.fieldnames or []):
        abort(422, "the first line must be: name,email")
    done, rejected = [], []
    for row in rows:
        if row["name"] and row["email"] and "@" in row["email"]:
            done.append(create_customer(row))
        else:
            rejected.append(row["name"] or "")
    report = {"imported": [each["name"] for each in done], "rejected": rejected}
    last_import["latest" if leaky("latest-import") else g.user] = report
    return jsonify({"data": {"imported": len(done), "rejected": len(rejected)}}), 201


@api.get("/imports/latest")
def latest_import():
    report = last_import.get("latest" if leaky("latest-import") else g.user)
    if report is None:
        abort(404, "nothing was imported yet")
    return jsonify({"data": report})


@api.get("/export.csv")
def export():
    out = io.StringIO()
    table = csv.writer(out, delimiter=";")
    table.writerow(["number", "state", "customer", "subject", "open", "currency"])
    for each in invoices.values():
        if each["owner"] == g.user:
            name = customers[each["customer_id"]]["name"]
            table.writerow(
                [
                    each["number"] or "",
                    each["state"],
                    name,
                    each["subject"],
                    open_balance(each),
                    each["currency"],
                ]
            )
    return Response(out.getvalue(), mimetype="text/csv")


def operation(text_, *params, answer="200", payload=None, kind="application/json"):
    described = {"summary": text_, "responses": {answer: {"description": text_}}}
    described["parameters"] = [
        {"name": name, "in": "query", "schema": schema} for name, schema in params
    ]
    if payload:
        described["requestBody"] = {"required": True, "content": {kind: {"schema": payload}}}
    return described


def document():
    word, number = {"type": "string"}, {"type": "integer", "minimum": 1}
    amount = {"type": "number", "exclusiveMinimum": True, "minimum": 0}
    line = {
        "type": "object",
        "properties": {"text": word, "amount": amount},
        "required": ["text", "amount"],
    }
    fields = {
        "customer_id": {"type": "string", "format": "uuid"},
        "subject": word,
        "lines": {"type": "array", "items": line, "minItems": 1},
    }
    currency = {"type": "string", "enum": list(CURRENCIES)}
    invoice = {
        "type": "object",
        "properties": {**fields, "currency": currency},
        "required": list(fields),
    }
    customer = {
        "type": "object",
        "properties": {"name": word, "email": word},
        "required": ["name"],
    }
    payment = {
        "type": "object",
        "properties": {"amount": amount, "memo": word},
        "required": ["amount"],
    }
    pages = (("page", number), ("per_page", number))
    states = {"type": "string", "enum": ["draft", "issued"]}
    by = {"type": "string", "enum": ["created", "-created", "open", "-open", "subject"]}
    filters = (("state", states), ("customer_id", word), ("sort", by))
    one = [{"name": "invoice_id", "in": "path", "required": True, "schema": word}]
    who = [{"name": "customer_id", "in": "path", "required": True, "schema": word}]
    return {
        "openapi": "3.0.3",
        "info": {"title": "Invoices for freelancers", "version": "1.9"},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
        "paths": {
            "/api/customers": {
                "get": operation("Your customers", *pages),
                "post": operation("Add a customer", answer="201", payload=customer),
            },
            "/api/customers/{customer_id}": {
                "parameters": who,
                "delete": operation("Delete a customer without invoices", answer="204"),
            },
            "/api/invoices": {
                "get": operation("Your invoices", *filters, *pages),
                "post": operation("Draft an invoice", answer="201", payload=invoice),
            },
            "/api/invoices/{invoice_id}": {
                "parameters": one,
                "get": operation("One invoice"),
                "patch": operation(
                    "Change a draft", payload={"type": "object", "properties": fields}
                ),
                "delete": operation("Delete a draft", answer="204"),
            },
            "/api/invoices/{invoice_id}/issue": {
                "parameters": one,
                "post": operation("Issue a draft: it gets a number of your series"),
            },
            "/api/invoices/{invoice_id}/payments": {
                "parameters": one,
                "post": operation("Book a payment", answer="201", payload=payment),
            },
            "/api/imports": {
                "post": operation(
                    "Import customers from CSV", answer="201", payload=word, kind="text/csv"
                )
            },
            "/api/imports/latest": {"get": operation("Report of your latest import")},
            "/api/export.csv": {"get": operation("Your invoices as CSV")},
        },
    }


app = Flask(__name__)
app.register_blueprint(api)
app.add_url_rule("/openapi.json", view_func=lambda: jsonify(document()), endpoint="openapi")


@app.errorhandler(HTTPException)
def failed(error):
    return jsonify({"error": {"code": error.code, "message": error.description}}), error.code


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
