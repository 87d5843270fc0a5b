// A pantry in memory: Express, numbers as ids, cursors, a shared number of places.
const express = require("express");

const app = express();
app.use(express.json());
const items = new Map();
let last = 0;
const PLACES = 5000;

app.get("/openapi.json", (request, response) => {
  const id = { name: "itemId", in: "path", required: true, schema: { type: "integer" } };
  const done = { responses: { 200: { description: "done" } } };
  const properties = {
    label: { type: "string", maxLength: 120 },
    count: { type: "integer", minimum: 0, maximum: 999 },
    shelf: { type: "string", enum: ["top", "middle", "bottom"] },
  };
  const body = (required) => ({
    required: true,
    content: { "application/json": { schema: { type: "object", properties, required } } },
  });
  const query = [
    { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 40 } },
    { name: "cursor", in: "query", schema: { type: "string" } },
  ];
  response.json({
    openapi: "3.1.0",
    info: { title: "pantry", version: "1" },
    paths: {
      "/items": {
        get: { ...done, parameters: query },
        post: { ...done, requestBody: body(["label"]) },
      },
      "/items/{itemId}": {
        parameters: [id],
        get: done,
        put: { ...done, requestBody: body([]) },
        delete: done,
      },
      "/items/{itemId}/take": { parameters: [id], post: done },
      "/summary": { get: done },
    },
  });
});

app.use((request, response, next) => {
  const match = /^Bearer pantry~(.+)~e0c5$/.exec(request.get("authorization") || "");
  if (!match) return response.status(401).json({ error: "unauthorized" });
  request.user = match[1];
  next();
});

const shown = ({ keeper, ...item }) => item;
const own = (request) => {
  const item = items.get(Number(request.params.itemId));
  return item && item.keeper === request.user ? item : undefined;
};
const missing = (response) => response.status(404).json({ error: "item not found" });

app.post("/items", (request, response) => {
  const { label, count = 1, shelf = "top" } = request.body || {};
  if (typeof label !== "string" || !label) return response.status(400).json({ error: "label?" });
  if (items.size >= PLACES) return response.status(507).json({ error: "the pantry is full" });
  const item = { id: ++last, keeper: request.user, label, count, shelf, version: 1 };
  items.set(item.id, item);
  response.status(201).json(shown(item));
});

app.get("/items", (request, response) => {
  const limit = Math.min(40, Math.max(1, Number(request.query.limit) || 10));
  const after = request.query.cursor
    ? Number(Buffer.from(String(request.query.cursor), "base64url").toString().split(":")[1])
    : 0;
  if (Number.isNaN(after)) return response.status(400).json({ error: "cursor?" });
  const mine = [...items.values()].filter((each) => each.keeper === request.user);
  const rest = mine.filter((each) => each.id > after);
  const page = rest.slice(0, limit);
  const more = rest.length > page.length;
  const next = more ? Buffer.from(`after:${page.at(-1).id}`).toString("base64url") : null;
  response.json({ items: page.map(shown), nextCursor: next });
});

app.get("/items/:itemId", (request, response) => {
  const item = own(request);
  return item ? response.json(shown(item)) : missing(response);
});

app.put("/items/:itemId", (request, response) => {
  const item = own(request);
  if (!item) return missing(response);
  for (const name of ["label", "count", "shelf"]) {
    if (request.body && request.body[name] !== undefined) item[name] = request.body[name];
  }
  item.version += 1;
  response.json(shown(item));
});

app.post("/items/:itemId/take", (request, response) => {
  const item = own(request);
  if (!item) return missing(response);
  if (item.count < 1) return response.status(409).json({ error: "none left" });
  item.count -= 1;
  item.version += 1;
  response.json(shown(item));
});

app.delete("/items/:itemId", (request, response) => {
  const item = own(request);
  if (!item) return missing(response);
  items.delete(item.id);
  response.status(204).end();
});

app.get("/summary", (request, response) => {
  const mine = [...items.values()].filter((each) => each.keeper === request.user);
  response.json({ kinds: mine.length, pieces: mine.reduce((sum, each) => sum + each.count, 0) });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
