import assert from "node:assert/strict";
import { test } from "node:test";

import { APIError, Backend, describeError } from "../lib/api.ts";
import { SessionEnded } from "../lib/api-error.ts";
import type { TokenSource } from "../lib/token.ts";

interface Call {
  readonly url: string;
  readonly init: RequestInit;
}

function backendWith(answers: (() => Response)[]) {
  const calls: Call[] = [];
  const lost: unknown[] = [];
  let serial = 0;
  let current = "token-1";
  const tokens = {
    userId: "alice",
    get: async () => current,
    refuse: () => {
      current = "token-2";
    },
  } as unknown as TokenSource;
  const backend = new Backend({
    backendUrl: "http://backend.test",
    userId: "alice",
    tokens,
    requestId: () => `request-${++serial}`,
    onSessionLost: (error) => lost.push(error),
    fetch: async (url, init) => {
      calls.push({ url, init });
      const next = answers[calls.length - 1];
      if (!next) throw new TypeError("fetch failed");
      return next();
    },
  });
  return { backend, calls, lost };
}

const header = (call: Call | undefined, name: string) => new Headers(call?.init.headers).get(name);

function refusal(status: number, code: string, extra: { details?: object; headers?: Record<string, string> } = {}) {
  return () =>
    Response.json(
      { status: "error", error_code: code, message: code, details: extra.details ?? {} },
      { status, headers: extra.headers ?? {} },
    );
}

test("a call carries the token and a request id, and no cookie", async () => {
  const { backend, calls } = backendWith([() => Response.json({ items: [], next_cursor: null })]);
  await backend.tasks({ status: "pending", projectId: null, query: "" }, null);
  assert.equal(calls[0]?.url, "http://backend.test/api/alice/tasks?status=pending&limit=20");
  assert.equal(header(calls[0], "Authorization"), "Bearer token-1");
  assert.equal(header(calls[0], "X-Request-ID"), "request-1");
  assert.equal(calls[0]?.init.credentials, "omit");
});

test("a search goes to the search operation with the words as they were typed", async () => {
  const { backend, calls } = backendWith([() => Response.json({ items: [], next_cursor: null })]);
  await backend.tasks({ status: "pending", projectId: "p", query: " a & b " }, "next");
  assert.equal(calls[0]?.url, "http://backend.test/api/alice/tasks/search?q=a+%26+b&cursor=next&limit=20");
});

test("one 401 is answered with a fresh token", async () => {
  const { backend, calls, lost } = backendWith([refusal(401, "unauthorized"), () => Response.json({ total: 0 })]);
  await backend.stats();
  assert.deepEqual(calls.map((call) => header(call, "Authorization")), ["Bearer token-1", "Bearer token-2"]);
  assert.deepEqual(lost, []);
});

test("a second 401 is an error, ends the session and is not tried again", async () => {
  const { backend, calls, lost } = backendWith([refusal(401, "unauthorized"), refusal(401, "unauthorized")]);
  await assert.rejects(backend.stats(), (error: APIError) => error.status === 401 && error.code === "unauthorized");
  assert.equal(calls.length, 2);
  assert.ok(lost[0] instanceof SessionEnded);
});

test("other failures are not repeated and keep status, code, details and request id", async () => {
  const { backend, calls } = backendWith([
    refusal(422, "validation_error", { details: { title: "must not be blank" }, headers: { "X-Request-ID": "abc" } }),
  ]);
  await assert.rejects(backend.addTask({ title: " " }), (error: APIError) => {
    assert.deepEqual([error.status, error.code, error.requestId], [422, "validation_error", "abc"]);
    assert.equal(describeError(error), "title: must not be blank.");
    return true;
  });
  assert.equal(calls.length, 1);
});

test("an answer that is not the envelope is an error as well", async () => {
  const { backend } = backendWith([() => new Response("<h1>Bad gateway</h1>", { status: 502 })]);
  await assert.rejects(backend.stats(), (error: APIError) => error.status === 502 && error.passing);
});

test("no connection is an error of its own", async () => {
  const { backend } = backendWith([]);
  await assert.rejects(backend.stats(), (error: APIError) => error.code === "no_connection" && error.passing);
});

test("all pages of projects are fetched", async () => {
  const { backend, calls } = backendWith([
    () => Response.json({ items: [{ id: "1" }], next_cursor: "c" }),
    () => Response.json({ items: [{ id: "2" }], next_cursor: null }),
  ]);
  assert.equal((await backend.projects()).length, 2);
  assert.match(calls[1]?.url ?? "", /cursor=c/);
});

test("every refusal has words for a person, without the server's", () => {
  for (const [status, words] of [
    [401, /sign in again/i],
    [403, /another account/],
    [404, /no longer there/],
    [409, /already taken/],
    [429, /too fast/],
    [500, /reference r-1/],
    [503, /not available/],
  ] as const) {
    const error = new APIError({ status, code: "x", message: "internal words", requestId: "r-1" });
    assert.match(describeError(error), words);
    assert.doesNotMatch(describeError(error), /internal words/);
  }
});
