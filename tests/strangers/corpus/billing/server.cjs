"use strict";

/*
 * Billing: clients and invoices of freelancers. Express; an API key in a header or in the query says
 * which account calls. Lists come in pages with a cursor, exports as CSV, printouts as HTML.
 */

const crypto = require("node:crypto");
const express = require("express");

const LEAKS = (() => {
  const known = ["page-cursor", "csv-cache", "client-removal", "invoice-number"];
  const { LEAKS: given = "all" } = process.env;
  return new Set(given === "all" ? known : given.split(","));
})();

const ACCOUNTS = {
  key_live_hartmann_58aa: { account: "hartmann", currency: "EUR" },
  key_live_okafor_1b7e: { account: "okafor", currency: "EUR" },
  key_live_lindqvist_c3d0: { account: "lindqvist", currency: "EUR" },
};
const STATUSES = ["draft", "open", "paid"];

const store = { clients: new Map(), invoices: new Map(), counters: new Map() };
const csvCache = new Map();

const newId = (kind) => `${kind}_${crypto.randomBytes(9).toString("hex")}`;
const round = (amount) => Math.round(amount * 100) / 100;

function httpError(status, code, detail) {
  return Object.assign(new Error(detail), { status, code });
}

const notFound = (what) => httpError(404, "not_found", `This ${what} does not exist.`);
const invalid = (detail) => httpError(400, "invalid", detail);

function readClient(body, partial = false) {
  const { name, email, terms_days: terms, notes } = body;
  if (!(partial && name === undefined) && (typeof name !== "string" || !name.trim())) {
    throw invalid("name is needed");
  }
  if (email !== undefined && !/^[^@\s]+@[^@\s]+$/.test(String(email))) {
    throw invalid("email is not an address");
  }
  if (terms !== undefined && !(Number.isInteger(terms) && terms >= 0 && terms <= 120)) {
    throw invalid("terms_days must be from 0 to 120");
  }
  if (notes !== undefined && typeof notes !== "string") throw invalid("notes must be text");
  const given = { name, email, terms_days: terms, notes };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function readLines(lines) {
  if (!Array.isArray(lines) || lines.length < 1 || lines.length > 40) {
    throw invalid("lines must be a list of 1 to 40");
  }
  return lines.map((line) => {
    const { text, quantity = 1, unit_price: price } = line ?? {};
    if (typeof text !== "string" || !text.trim()) throw invalid("each line needs a text");
    if (typeof quantity !== "number" || quantity <= 0) throw invalid("quantity must be positive");
    if (typeof price !== "number" || price < 0) throw invalid("unit_price must be a number");
    return { text, quantity, unit_price: price };
  });
}

function ownClient(req, id = req.params.id) {
  const client = store.clients.get(id);
  if (client?.account !== req.account) throw notFound("client");
  return client;
}

function ownInvoice(req) {
  const invoice = store.invoices.get(req.params.id);
  if (invoice?.account !== req.account) throw notFound("invoice");
  return invoice;
}

const totalOf = (invoice) =>
  round(invoice.lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0));

function clientJson({ id, name, email, terms_days, notes }) {
  return { id, name, email, terms_days, notes };
}

function invoiceJson(invoice) {
  const client = store.clients.get(invoice.client);
  return {
    id: invoice.id,
    number: invoice.number,
    status: invoice.status,
    client: { id: client.id, name: client.name },
    lines: invoice.lines,
    memo: invoice.memo,
    due: invoice.due,
    total: totalOf(invoice),
    paid: round(invoice.payments.reduce((sum, payment) => sum + payment.amount, 0)),
  };
}

function invoicesOf(account, status) {
  return [...store.invoices.values()].filter(
    (invoice) => invoice.account === account && (!status || invoice.status === status),
  );
}

function statusFilter(req) {
  const { status } = req.query;
  if (status !== undefined && !STATUSES.includes(status)) throw invalid("no such status");
  return status;
}

const v1 = express.Router();

v1.use((req, res, next) => {
  const key = req.get("x-api-key") ?? req.query.api_key;
  if (typeof key !== "string" || !Object.hasOwn(ACCOUNTS, key)) {
    throw httpError(401, "unauthorized", "Send your API key.");
  }
  Object.assign(req, ACCOUNTS[key], { body: req.body ?? {} });
  next();
});

v1.get("/clients", (req, res) => {
  const mine = [...store.clients.values()].filter((c) => c.account === req.account);
  res.json({ data: mine.map(clientJson) });
});

v1.post("/clients", (req, res) => {
  const fields = { email: null, terms_days: 14, notes: "", ...readClient(req.body) };
  const client = { id: newId("cl"), account: req.account, ...fields };
  store.clients.set(client.id, client);
  res.status(201).json(clientJson(client));
});

v1.get("/clients/:id", (req, res) => res.json(clientJson(ownClient(req))));

v1.patch("/clients/:id", (req, res) => {
  const client = ownClient(req);
  res.json(clientJson(Object.assign(client, readClient(req.body, true))));
});

v1.delete("/clients/:id", (req, res) => {
  const late = LEAKS.has("client-removal");
  const client = late ? store.clients.get(req.params.id) : ownClient(req);
  if (!client) throw notFound("client");
  if ([...store.invoices.values()].some((invoice) => invoice.client === client.id)) {
    throw httpError(409, "in_use", "The client has invoices and must stay.");
  }
  ownClient(req);
  store.clients.delete(client.id);
  res.status(204).end();
});

v1.post("/invoices", (req, res) => {
  const lines = readLines(req.body.lines);
  const { memo = "", due } = req.body;
  if (typeof memo !== "string") throw invalid("memo must be text");
  if (typeof due !== "string" || Number.isNaN(Date.parse(due))) throw invalid("due must be a date");
  const client = ownClient(req, req.body.client);
  const series = LEAKS.has("invoice-number") ? "*" : req.account;
  const count = (store.counters.get(series) ?? 0) + 1;
  store.counters.set(series, count);
  const invoice = {
    id: newId("inv"),
    account: req.account,
    number: `INV-${String(count).padStart(5, "0")}`,
    status: "draft",
    client: client.id,
    lines,
    memo,
    due: due.slice(0, 10),
    payments: [],
  };
  store.invoices.set(invoice.id, invoice);
  csvCache.clear();
  res.status(201).json(invoiceJson(invoice));
});

function encodeCursor(account, status, after) {
  return Buffer.from(JSON.stringify({ account, status, after })).toString("base64url");
}

function decodeCursor(text) {
  try {
    const { account, status, after } = JSON.parse(Buffer.from(String(text), "base64url"));
    if (typeof account === "string" && typeof after === "string") return { account, status, after };
  } catch {
    // Falls through: a text that is no JSON is no cursor either.
  }
  throw invalid("The cursor is not valid.");
}

v1.get("/invoices", (req, res) => {
  const limit = Math.min(Math.max(Number.parseInt(req.query.limit, 10) || 3, 1), 50);
  let { account } = req;
  let status = statusFilter(req);
  let start = 0;
  let rows;
  if (req.query.cursor === undefined) {
    rows = invoicesOf(account, status);
  } else {
    const cursor = decodeCursor(req.query.cursor);
    status = cursor.status;
    if (LEAKS.has("page-cursor")) account = cursor.account;
    rows = invoicesOf(account, status);
    start = rows.findIndex((invoice) => invoice.id === cursor.after) + 1;
    if (!start) throw invalid("The cursor is not valid.");
  }
  const page = rows.slice(start, start + limit);
  const more = start + limit < rows.length;
  res.json({
    data: page.map(invoiceJson),
    next_cursor: more ? encodeCursor(account, status, page.at(-1).id) : null,
  });
});

const quoted = (value) => `"${String(value).replaceAll('"', '""')}"`;

v1.get("/invoices/export.csv", (req, res) => {
  const status = statusFilter(req);
  const slot = LEAKS.has("csv-cache") ? `${status}` : `${req.account}/${status}`;
  if (!csvCache.has(slot)) {
    const rows = invoicesOf(req.account, status).map(invoiceJson);
    const body = rows.map((r) =>
      [r.number, r.status, quoted(r.client.name), r.due, r.total, quoted(r.memo)].join(","),
    );
    csvCache.set(slot, ["number,status,client,due,total,memo", ...body, ""].join("\r\n"));
  }
  res.type("text/csv").attachment("invoices.csv").send(csvCache.get(slot));
});

v1.get("/invoices/:id", (req, res) => res.json(invoiceJson(ownInvoice(req))));

v1.patch("/invoices/:id", (req, res) => {
  const invoice = ownInvoice(req);
  if (invoice.status !== "draft") throw httpError(409, "not_draft", "Only drafts can be changed.");
  const { lines, memo } = req.body;
  if (memo !== undefined && typeof memo !== "string") throw invalid("memo must be text");
  if (lines !== undefined) invoice.lines = readLines(lines);
  if (memo !== undefined) invoice.memo = memo;
  csvCache.clear();
  res.json(invoiceJson(invoice));
});

v1.delete("/invoices/:id", (req, res) => {
  const invoice = ownInvoice(req);
  if (invoice.status !== "draft") throw httpError(409, "not_draft", "Only drafts can be deleted.");
  store.invoices.delete(invoice.id);
  csvCache.clear();
  res.status(204).end();
});

v1.post("/invoices/:id/issue", (req, res) => {
  const invoice = ownInvoice(req);
  if (invoice.status !== "draft") throw httpError(409, "not_draft", "It is issued already.");
  invoice.status = "open";
  csvCache.clear();
  res.json(invoiceJson(invoice));
});

v1.post("/invoices/:id/payments", (req, res) => {
  const invoice = ownInvoice(req);
  const { amount, reference = "" } = req.body;
  if (typeof amount !== "number" || amount <= 0) throw invalid("amount must be positive");
  if (typeof reference !== "string") throw invalid("reference must be text");
  if (invoice.status !== "open") throw httpError(409, "not_open", "Only open invoices are paid.");
  invoice.payments.push({ amount, reference });
  if (invoiceJson(invoice).paid >= totalOf(invoice)) invoice.status = "paid";
  csvCache.clear();
  res.status(201).json({ payments: invoice.payments, status: invoice.status });
});

const html = (text) =>
  String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c] ?? "&quot;");

v1.get("/invoices/:id/print", (req, res) => {
  const invoice = invoiceJson(ownInvoice(req));
  const rows = invoice.lines.map(
    (l) => `<tr><td>${html(l.text)}</td><td>${l.quantity}</td><td>${l.unit_price}</td></tr>`,
  );
  res.type("html").send(
    `<!doctype html><title>${invoice.number}</title><h1>Invoice ${invoice.number}</h1>` +
      `<p>For ${html(invoice.client.name)}, due ${invoice.due}</p>` +
      `<table>${rows.join("")}</table><p>Total ${invoice.total} ${req.currency}</p>` +
      `<p>${html(invoice.memo)}</p>`,
  );
});

const app = express();
app.set("query parser", "simple");
app.use(express.json());
const document = require("./openapi.json");

app.get("/openapi.json", (req, res) => res.json(document));
app.use("/v1", v1);
app.use(() => {
  throw httpError(404, "no_route", "There is nothing here.");
});
// eslint-disable-next-line no-unused-vars
app.use((err, req, res, next) => {
  const { status = 500, code = "failed" } = err;
  res.status(status).json({ error: { code, detail: status === 500 ? "Sorry." : err.message } });
});

const listening = app.listen(Number(process.argv[2]), "127.0.0.1");
process.once("SIGTERM", () => {
  listening.close();
  listening.closeAllConnections();
});
