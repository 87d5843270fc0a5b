"use strict";

/*
 * Carbook: a service book for cars and motorcycles over MCP. Low-level server of the official
 * TypeScript SDK with sessions; vehicles are known by their number plates.
 */

const { randomUUID, randomBytes } = require("crypto");
const http = require("http");
const { Server } = require("@modelcontextprotocol/sdk/server/index.js");
const {
  StreamableHTTPServerTransport,
} = require("@modelcontextprotocol/sdk/server/streamableHttp.js");
const {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
} = require("@modelcontextprotocol/sdk/types.js");

const LEAKS = (process.env.LEAKS ?? "all").split(",");
const leaking = (id) => LEAKS.includes("all") || LEAKS.includes(id);

const PARTS = [
  { part: "oil filter", fits: "most engines", price: 9.5 },
  { part: "brake pads, front", fits: "cars", price: 42 },
  { part: "chain kit", fits: "motorcycles", price: 118 },
  { part: "wiper blades", fits: "cars", price: 15.9 },
];

let vehicles = [];
let services = [];

function plateOf(text) {
  const plate = text.toUpperCase().replace(/\s+/g, "");
  if (!/^[A-Z0-9-]{2,12}$/.test(plate)) fail("A plate has 2 to 12 letters, digits and dashes.");
  return plate;
}

class UserError extends Error {}
function fail(message) {
  throw new UserError(message);
}

function vehicleOf(driver, text) {
  const plate = plateOf(text);
  const vehicle = vehicles.find((v) => v.driver === driver && v.plate === plate);
  return vehicle ?? fail("You have no vehicle with this plate.");
}

/** A vehicle's services, the oldest first. */
function historyOf(vehicle) {
  const rows = services.filter((service) =>
    leaking("history-by-plate")
      ? service.plate === vehicle.plate
      : service.vehicle === vehicle.key,
  );
  return rows.sort((a, b) => a.done_on.localeCompare(b.done_on));
}

function book(vehicle, { done_on, work, cost = 0, invoice = null }) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(done_on)) fail("done_on is a day like 2025-03-31.");
  if (!work.trim() || work.length > 500) fail("work is text of at most 500 characters.");
  const row = {
    id: `sv${randomBytes(6).toString("hex")}`,
    driver: vehicle.driver,
    vehicle: vehicle.key,
    plate: vehicle.plate,
    done_on,
    work,
    cost,
    invoice,
    outcome: null,
  };
  services.push(row);
  return row;
}

const showVehicle = ({ plate, model, mileage }) => ({ plate, model, mileage });
const showService = ({ id, done_on, work, cost, invoice, outcome }) => ({
  id, done_on, work, cost, invoice, outcome,
});

const string = (description) => ({ type: "string", description });
const number = (description) => ({ type: "number", minimum: 0, description });
const plateField = string("number plate, e.g. KA-AB-123");

/** name: [description, properties, names of optional properties, function of driver and arguments] */
const TOOLS = {
  register_vehicle: [
    "Register one of your vehicles.",
    { plate: plateField, model: string("make and model"), mileage: number("kilometres so far") },
    ["mileage"],
    (driver, { plate: text, model, mileage = 0 }) => {
      const plate = plateOf(text);
      if (!model.trim() || model.length > 80) fail("model is text of at most 80 characters.");
      if (vehicles.some((v) => v.driver === driver && v.plate === plate)) {
        fail("You have registered this plate already.");
      }
      const vehicle = { key: randomUUID(), driver, plate, model, mileage };
      vehicles.push(vehicle);
      return showVehicle(vehicle);
    },
  ],
  my_vehicles: [
    "List your vehicles.",
    {},
    [],
    (driver) => vehicles.filter((v) => v.driver === driver).map(showVehicle),
  ],
  set_mileage: [
    "Write down a vehicle's mileage; it never goes down.",
    { plate: plateField, mileage: number("kilometres") },
    [],
    (driver, { plate, mileage }) => {
      const vehicle = vehicleOf(driver, plate);
      if (mileage < vehicle.mileage) fail("The mileage was higher already.");
      vehicle.mileage = mileage;
      return showVehicle(vehicle);
    },
  ],
  scrap_vehicle: [
    "Delete a vehicle and its service history.",
    { plate: plateField },
    [],
    (driver, { plate }) => {
      const vehicle = vehicleOf(driver, plate);
      vehicles = vehicles.filter((v) => v !== vehicle);
      services = services.filter((service) => service.vehicle !== vehicle.key);
      return { scrapped: vehicle.plate };
    },
  ],
  log_service: [
    "Write down a service that is done or in the workshop.",
    {
      plate: plateField,
      done_on: string("day, e.g. 2025-03-31"),
      work: string("what is done"),
      cost: number("price"),
      invoice: string("number of the invoice"),
    },
    ["cost", "invoice"],
    (driver, args) => showService(book(vehicleOf(driver, args.plate), args)),
  ],
  service_history: [
    "List the services of a vehicle.",
    { plate: plateField },
    [],
    (driver, { plate }) => historyOf(vehicleOf(driver, plate)).map(showService),
  ],
  close_service: [
    "Write down how a service of a vehicle came out.",
    { plate: plateField, service_id: string("id of the service"), outcome: string("how it went") },
    [],
    (driver, { plate, service_id: id, outcome }) => {
      const vehicle = vehicleOf(driver, plate);
      const pool = leaking("close-by-id")
        ? services
        : services.filter((service) => service.vehicle === vehicle.key);
      const service = pool.find((candidate) => candidate.id === id);
      if (!service) fail("The vehicle has no such service.");
      service.outcome = outcome.slice(0, 500);
      return { closed: service.id };
    },
  ],
  import_services: [
    "Import services: one a line, as day;work;cost;invoice. Known invoices are skipped.",
    { plate: plateField, lines: string("the lines") },
    [],
    (driver, { plate, lines }) => {
      const vehicle = vehicleOf(driver, plate);
      const rows = lines.split("\n").filter((line) => line.trim());
      const result = { imported: 0, skipped: [] };
      for (const row of rows.slice(0, 200)) {
        const [done_on = "", work = "", cost, invoice = ""] = row.split(";").map((f) => f.trim());
        const pool = services.filter((s) => s.driver === driver || leaking("import-duplicates"));
        if (invoice && pool.some((service) => service.invoice === invoice)) {
          result.skipped.push(invoice);
        } else {
          book(vehicle, { done_on, work, cost: Number(cost) || 0, invoice: invoice || null });
          result.imported += 1;
        }
      }
      return result;
    },
  ],
  yearly_cost: [
    "What a vehicle has cost you in a year.",
    { plate: plateField, year: { type: "integer", minimum: 1950, maximum: 2100 } },
    [],
    (driver, { plate, year }) => {
      const { key } = vehicleOf(driver, plate);
      const rows = services.filter((s) => s.vehicle === key && s.done_on.startsWith(`${year}-`));
      return { year, services: rows.length, cost: rows.reduce((sum, row) => sum + row.cost, 0) };
    },
  ],
  parts_search: [
    "Search the public catalogue of parts.",
    { text: string("part of a name") },
    [],
    (driver, { text }) => PARTS.filter((entry) => entry.part.includes(text.toLowerCase())),
  ],
};

const FITS = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && value >= 0,
  integer: (value) => Number.isInteger(value),
};

function call(driver, name, args) {
  if (!Object.hasOwn(TOOLS, name)) throw new McpError(ErrorCode.InvalidParams, "Unknown tool");
  const [, properties, optional, work] = TOOLS[name];
  for (const [field, { type }] of Object.entries(properties)) {
    const left = args[field] === undefined && optional.includes(field);
    if (!left && !FITS[type](args[field])) fail(`${field} is not a ${type}.`);
  }
  return work(driver, args);
}

function page(vehicle) {
  const lines = historyOf(vehicle).map((s) => `- ${s.done_on} ${s.work} (${s.outcome ?? "open"})`);
  return [`# ${vehicle.plate}: ${vehicle.model}`, `${vehicle.mileage} km`, ...lines].join("\n");
}

function serverFor(driver) {
  const capabilities = { tools: {}, resources: {}, completions: {} };
  const server = new Server({ name: "carbook", version: "2.0.0" }, { capabilities });

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(TOOLS).map(([name, [description, properties, optional]]) => {
      const required = Object.keys(properties).filter((field) => !optional.includes(field));
      return { name, description, inputSchema: { type: "object", properties, required } };
    }),
  }));

  server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
    try {
      const result = call(driver, params.name, params.arguments ?? {});
      return { content: [{ type: "text", text: JSON.stringify(result, null, 1) }] };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { content: [{ type: "text", text: error.message }], isError: true };
    }
  });

  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: [
      { uri: "carbook://parts", name: "Parts", mimeType: "application/json" },
      ...vehicles
        .filter((v) => v.driver === driver)
        .map((v) => ({
          uri: `carbook://vehicles/${v.plate}`, name: v.model, mimeType: "text/markdown",
        })),
    ],
  }));

  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [
      {
        uriTemplate: "carbook://vehicles/{plate}",
        name: "vehicle",
        description: "One of your vehicles with its services",
        mimeType: "text/markdown",
      },
    ],
  }));

  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    if (uri === "carbook://parts") {
      return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify(PARTS) }] };
    }
    const [, plate] = /^carbook:\/\/vehicles\/([A-Z0-9-]{2,12})$/.exec(uri) ?? [];
    const vehicle = vehicles.find((v) => v.driver === driver && v.plate === plate);
    if (!vehicle) throw new McpError(-32002, "Resource not found", { uri });
    return { contents: [{ uri, mimeType: "text/markdown", text: page(vehicle) }] };
  });

  server.setRequestHandler(CompleteRequestSchema, ({ params: { ref, argument } }) => {
    if (ref.uri !== "carbook://vehicles/{plate}" || argument.name !== "plate") {
      return { completion: { values: [] } };
    }
    const pool = leaking("plate-completion") ? vehicles : vehicles.filter((v) => v.driver === driver);
    const plates = new Set(pool.map((v) => v.plate));
    const fitting = [...plates].filter((plate) => plate.startsWith(argument.value.toUpperCase()));
    return { completion: { values: fitting.sort().slice(0, 100) } };
  });
  return server;
}

const sessions = new Map();

async function open(driver) {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => sessions.set(id, { driver, transport }),
    onsessionclosed: (id) => sessions.delete(id),
  });
  await serverFor(driver).connect(transport);
  return transport;
}

async function serve(req, res) {
  const deny = (status, text) => {
    const error = { code: -32000, message: text };
    res.writeHead(status, { "Content-Type": "application/json" });
    res.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
  };
  if (!/^\/mcp(\?|$)/.test(req.url)) return deny(404, "Not found");
  const [, driver] = /^Bearer wrench\.([a-z]{2,16})$/.exec(req.headers.authorization ?? "") ?? [];
  if (!driver) return deny(401, "Unauthorized");
  const id = req.headers["mcp-session-id"];
  if (id === undefined) return (await open(driver)).handleRequest(req, res);
  const session = sessions.get(id);
  if (!session || session.driver !== driver) return deny(404, "Session not found");
  return session.transport.handleRequest(req, res);
}

const listener = http.createServer((req, res) => {
  serve(req, res).catch(() => (res.headersSent ? res.end() : res.writeHead(500).end()));
});
listener.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
