"use strict";
// Parking by the hour: drivers register their cars, book a bay and keep notes on each stay. Express 5.
const { randomUUID } = require("node:crypto");
const express = require("express");

const PLANTED = ["plate-taken", "cancel-many", "zone-spend"];
const chosen = process.env.LEAKS ?? "all";
const LEAKS = new Set(chosen === "all" ? PLANTED : chosen.split(",").filter(Boolean));

const DRIVERS = { "pk-iris-41": "iris", "pk-jude-72": "jude", "pk-kemi-93": "kemi" };
const ZONES = { north: 180, harbour: 320, market: 250 };
const cars = new Map();
const stays = new Map();

const text = { type: "string" };
const json = (properties, required) => ({
  required: true,
  content: { "application/json": { schema: { type: "object", properties, required } } },
});
const param = (name, where = "path") => ({ name, in: where, required: where === "path", schema: text });
const done = (code, description) => ({ responses: { [code]: { description } } });
const stayBody = { carId: text, zone: { type: "string", enum: Object.keys(ZONES) }, hours: { type: "integer", minimum: 1, maximum: 24 }, note: text };
const DOCUMENT = {
  openapi: "3.0.3",
  info: { title: "Parking", version: "1.4" },
  components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Parking-Key" } } },
  security: [{ key: [] }],
  paths: {
    "/zones": { get: { summary: "Prices of all zones, the same for everybody", ...done(200, "Zones") } },
    "/cars": {
      get: { summary: "My cars", ...done(200, "Cars") },
      post: { summary: "Register a car", requestBody: json({ plate: text, nickname: text }, ["plate"]), ...done(201, "Car") },
    },
    "/cars/{carId}": {
      parameters: [param("carId")],
      get: { summary: "One car", ...done(200, "Car") },
      put: { summary: "Rename a car", requestBody: json({ nickname: text }, ["nickname"]), ...done(200, "Car") },
      delete: { summary: "Remove a car and its stays", ...done(204, "Gone") },
    },
    "/stays": {
      get: { summary: "My stays", parameters: [param("zone", "query"), param("q", "query")], ...done(200, "Stays") },
      post: { summary: "Book a stay", requestBody: json(stayBody, ["carId", "zone", "hours"]), ...done(201, "Stay") },
    },
    "/stays/cancel": {
      post: { summary: "Cancel several stays", requestBody: json({ stayIds: { type: "array", items: text } }, ["stayIds"]), ...done(200, "Count") },
    },
    "/stays/{stayId}": {
      parameters: [param("stayId")],
      get: { summary: "One stay", ...done(200, "Stay") },
      patch: { summary: "Change the note of a stay", requestBody: json({ note: text }, ["note"]), ...done(200, "Stay") },
    },
    "/spending": { get: { summary: "What I have spent, by zone", ...done(200, "Spending") } },
  },
};

const app = express();
app.use(express.json());
app.get("/openapi.json", (req, res) => res.json(DOCUMENT));
app.get("/zones", (req, res) => res.json(Object.entries(ZONES).map(([zone, cents]) => ({ zone, centsPerHour: cents }))));
app.use((req, res, next) => {
  req.driver = Object.hasOwn(DRIVERS, req.get("X-Parking-Key") ?? "") ? DRIVERS[req.get("X-Parking-Key")] : null;
  if (!req.driver) return res.status(401).json({ message: "Send your X-Parking-Key." });
  req.body ??= {};
  next();
});

const missing = (res, what) => res.status(404).json({ message: `No such ${what}.` });
const wrong = (res, message) => res.status(422).json({ message });
const isWords = (value, most) => typeof value === "string" && value.trim() !== "" && value.length <= most;
const shown = ({ driver, ...rest }) => rest;
const mine = (store, req) => [...store.values()].filter((row) => row.driver === req.driver);

function find(store, id, req) {
  const row = store.get(id);
  return row && row.driver === req.driver ? row : null;
}

app.get("/cars", (req, res) => res.json({ cars: mine(cars, req).map(shown) }));

app.post("/cars", (req, res) => {
  const { plate, nickname = "" } = req.body;
  if (!isWords(plate, 40)) return wrong(res, "plate must be 1 to 40 characters");
  if (typeof nickname !== "string" || nickname.length > 200) return wrong(res, "nickname must be text");
  const wanted = plate.trim().toUpperCase();
  const rivals = LEAKS.has("plate-taken") ? [...cars.values()] : mine(cars, req);
  if (rivals.some((car) => car.plate === wanted)) {
    return res.status(409).json({ message: "This plate is registered already." });
  }
  const car = { id: randomUUID(), driver: req.driver, plate: wanted, nickname };
  cars.set(car.id, car);
  res.status(201).json(shown(car));
});

app.get("/cars/:carId", (req, res) => {
  const car = find(cars, req.params.carId, req);
  return car ? res.json(shown(car)) : missing(res, "car");
});

app.put("/cars/:carId", (req, res) => {
  const car = find(cars, req.params.carId, req);
  if (!car) return missing(res, "car");
  if (!isWords(req.body.nickname, 200)) return wrong(res, "nickname must be 1 to 200 characters");
  car.nickname = req.body.nickname;
  res.json(shown(car));
});

app.delete("/cars/:carId", (req, res) => {
  const car = find(cars, req.params.carId, req);
  if (!car) return missing(res, "car");
  cars.delete(car.id);
  for (const stay of mine(stays, req)) if (stay.carId === car.id) stays.delete(stay.id);
  res.status(204).end();
});

app.get("/stays", (req, res) => {
  let rows = mine(stays, req);
  if (typeof req.query.zone === "string") rows = rows.filter((stay) => stay.zone === req.query.zone);
  const q = typeof req.query.q === "string" ? req.query.q.toLowerCase() : "";
  if (q) rows = rows.filter((stay) => stay.note.toLowerCase().includes(q));
  res.json({ stays: rows.map(shown) });
});

app.post("/stays", (req, res) => {
  const { carId, zone, hours, note = "" } = req.body;
  if (!Object.hasOwn(ZONES, zone)) return wrong(res, "zone must be one of north, harbour, market");
  if (!Number.isInteger(hours) || hours < 1 || hours > 24) return wrong(res, "hours must be 1 to 24");
  if (typeof note !== "string" || note.length > 1000) return wrong(res, "note must be text");
  if (!find(cars, carId, req)) return missing(res, "car");
  const stay = { id: randomUUID(), driver: req.driver, carId, zone, hours, cents: hours * ZONES[zone], note, status: "booked" };
  stays.set(stay.id, stay);
  res.status(201).json(shown(stay));
});

app.post("/stays/cancel", (req, res) => {
  const { stayIds } = req.body;
  if (!Array.isArray(stayIds) || stayIds.length === 0 || stayIds.length > 50) return wrong(res, "stayIds must be 1 to 50 ids");
  const checked = LEAKS.has("cancel-many") ? stayIds.slice(0, 1) : stayIds;
  if (!checked.every((id) => find(stays, id, req))) return missing(res, "stay");
  let cancelled = 0;
  for (const id of new Set(stayIds)) {
    const stay = stays.get(id);
    if (stay && stay.status === "booked") {
      stay.status = "cancelled";
      cancelled += 1;
    }
  }
  res.json({ cancelled });
});

app.get("/stays/:stayId", (req, res) => {
  const stay = find(stays, req.params.stayId, req);
  return stay ? res.json(shown(stay)) : missing(res, "stay");
});

app.patch("/stays/:stayId", (req, res) => {
  const stay = find(stays, req.params.stayId, req);
  if (!stay) return missing(res, "stay");
  if (!isWords(req.body.note, 1000)) return wrong(res, "note must be 1 to 1000 characters");
  stay.note = req.body.note;
  res.json(shown(stay));
});

app.get("/spending", (req, res) => {
  const spent = {};
  for (const zone of Object.keys(ZONES)) {
    const rows = LEAKS.has("zone-spend") ? [...stays.values()] : mine(stays, req);
    spent[zone] = rows.filter((stay) => stay.zone === zone && stay.status === "booked").reduce((sum, stay) => sum + stay.cents, 0);
  }
  res.json({ currency: "EUR", spent });
});

app.use((error, req, res, next) => res.status(error.status ?? 500).json({ message: "The request could not be read." }));
const server = app.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
