import { expect, test } from "vitest";

import { APIError, Backend, describeError } from "@/lib/backend/client";
import { SessionEnded } from "@/lib/backend/errors";
import type { TokenSource } from "@/lib/backend/token";

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

test("a backend call carries the token and a request id, and no cookie", async () => {
  const { backend, calls } = backendWith([() => Response.json({ items: [], next_cursor: null })]);
  await backend.tasks({ status: "pending", projectId: null, query: "" }, null);
  expect(calls[0]?.url).toBe("http://backend.test/api/alice/tasks?status=pending&limit=20");
  expect(header(calls[0], "Authorization")).toBe("Bearer token-1");
  expect(header(calls[0], "X-Request-ID")).toBe("request-1");
  expect(calls[0]?.init.credentials).toBe("omit");
});

test("a search goes to the search operation with its words unchanged", async () => {
  const { backend, calls } = backendWith([() => Response.json({ items: [], next_cursor: null })]);
  await backend.tasks({ status: "pending", projectId: "p", query: " a & b " }, "next");
  expect(calls[0]?.url).toBe("http://backend.test/api/alice/tasks/search?q=a+%26+b&cursor=next&limit=20");
});

test("the client answers one 401 with a fresh token", async () => {
  const { backend, calls, lost } = backendWith([refusal(401, "unauthorized"), () => Response.json({ total: 0 })]);
  await backend.stats();
  expect(calls.map((call) => header(call, "Authorization"))).toEqual(["Bearer token-1", "Bearer token-2"]);
  expect(lost).toEqual([]);
});

test("a second 401 is an error, ends the session and is not tried again", async () => {
  const { backend, calls, lost } = backendWith([refusal(401, "unauthorized"), refusal(401, "unauthorized")]);
  await expect(backend.stats()).rejects.toMatchObject({ status: 401, code: "unauthorized" });
  expect(calls.length).toBe(2);
  expect(lost[0]).toBeInstanceOf(SessionEnded);
});

test("a refused call is not repeated; its error keeps status, code, details and request id", async () => {
  const { backend, calls } = backendWith([
    refusal(422, "validation_error", { details: { title: "must not be blank" }, headers: { "X-Request-ID": "abc" } }),
  ]);
  const error: unknown = await backend.addTask({ title: " " }).catch((refused: unknown) => refused);
  expect(error).toMatchObject({ status: 422, code: "validation_error", requestId: "abc" });
  expect(describeError(error)).toBe("title: must not be blank.");
  expect(calls.length).toBe(1);
});

test("an answer outside the envelope is an error", async () => {
  const { backend } = backendWith([() => new Response("<h1>Bad gateway</h1>", { status: 502 })]);
  await expect(backend.stats()).rejects.toMatchObject({ status: 502, passing: true });
});

test("a missing connection has an error code of its own", async () => {
  const { backend } = backendWith([]);
  await expect(backend.stats()).rejects.toMatchObject({ code: "no_connection", passing: true });
});

test("the client fetches all pages of projects", async () => {
  const { backend, calls } = backendWith([
    () => Response.json({ items: [{ id: "1" }], next_cursor: "c" }),
    () => Response.json({ items: [{ id: "2" }], next_cursor: null }),
  ]);
  expect((await backend.projects()).length).toBe(2);
  expect(calls[1]?.url ?? "").toMatch(/cursor=c/);
});

test("every refusal is described to the person without the server's words", () => {
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
    expect(describeError(error)).toMatch(words);
    expect(describeError(error)).not.toMatch(/internal words/);
  }
});
