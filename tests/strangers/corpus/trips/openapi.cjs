"use strict";

/* The contract of the trip planner, as OpenAPI 3.1. */

const string = { type: "string" };
const date = { type: "string", format: "date" };

const operation = (operationId, status, { body, required = [], params = [], open = false } = {}) => ({
  operationId,
  ...(open ? { security: [] } : {}),
  ...(params.length ? { parameters: params } : {}),
  ...(body
    ? {
        requestBody: {
          required: true,
          content: { "application/json": { schema: { type: "object", properties: body, required } } },
        },
      }
    : {}),
  responses: { [status]: { description: "as asked" }, default: { description: "a message" } },
});
const inPath = (name) => ({ name, in: "path", required: true, schema: string });
const inQuery = (name, description) => ({ name, in: "query", description, schema: string });

const who = { name: string, password: { type: "string", minLength: 6 } };
const trip = { title: string, starts: date, ends: date, notes: string };
const slug = [inPath("slug")];

module.exports = {
  openapi: "3.1.0",
  info: { title: "Trips", version: "0.9" },
  components: { securitySchemes: { jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
  security: [{ jwt: [] }],
  paths: {
    "/signup": {
      post: operation("signUp", 201, { body: who, required: ["name", "password"], open: true }),
    },
    "/login": {
      post: operation("logIn", 200, { body: who, required: ["name", "password"], open: true }),
    },
    "/api/destinations": { get: operation("destinations", 200) },
    "/api/trips": {
      get: operation("listTrips", 200),
      post: operation("planTrip", 201, { body: trip, required: ["title"] }),
    },
    "/api/trips/{slug}": {
      get: operation("readTrip", 200, { params: slug }),
      patch: operation("changeTrip", 200, { params: slug, body: trip }),
      delete: operation("trashTrip", 204, { params: slug }),
    },
    "/api/trips/{slug}/stops": {
      post: operation("addStop", 201, {
        params: slug,
        body: { place: string, arrive: date, nights: { type: "integer", minimum: 0 }, lodging: string },
        required: ["place"],
      }),
    },
    "/api/trips/{slug}/stops/{key}": {
      delete: operation("dropStop", 204, { params: [...slug, inPath("key")] }),
    },
    "/api/trips/{slug}/packing": {
      put: operation("setPacking", 200, {
        params: slug,
        body: {
          items: {
            type: "array",
            items: {
              type: "object",
              properties: { item: string, done: { type: "boolean" } },
              required: ["item"],
            },
          },
        },
        required: ["items"],
      }),
    },
    "/api/stops": {
      get: operation("findStops", 200, {
        params: [inQuery("trip", "slug of a trip"), inQuery("place", "part of a place's name")],
      }),
    },
    "/api/itinerary.md": { get: operation("itinerary", 200) },
    "/api/trash": { get: operation("listTrash", 200) },
    "/api/trash/{ref}/restore": { post: operation("restoreTrip", 200, { params: [inPath("ref")] }) },
    "/api/trash/{ref}": { delete: operation("purgeTrip", 204, { params: [inPath("ref")] }) },
  },
};
