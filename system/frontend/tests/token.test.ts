import assert from "node:assert/strict";
import { test } from "node:test";

import type { APIError } from "../lib/api-error.ts";
import { SessionChanged, SessionEnded } from "../lib/api-error.ts";
import { TokenSource } from "../lib/token.ts";

function tokenFor(sub: string, iat: number, exp: number): string {
  const payload = Buffer.from(JSON.stringify({ sub, iat, exp })).toString("base64url");
  return `e30.${payload}.c2ln`;
}

function sourceOf(answers: (() => Response)[], clock = { now: 0 }) {
  const asked: string[] = [];
  const source = new TokenSource("alice", {
    now: () => clock.now,
    fetch: async (input) => {
      asked.push(input);
      const next = answers[asked.length - 1];
      if (!next) throw new TypeError("fetch failed");
      return next();
    },
  });
  return { source, asked, clock };
}

const give = (token: string) => () => Response.json({ token });

test("a token is fetched once and shared by callers that ask at the same time", async () => {
  const token = tokenFor("alice", 100, 400);
  const { source, asked } = sourceOf([give(token)]);
  assert.deepEqual(await Promise.all([source.get(), source.get(), source.get()]), [token, token, token]);
  assert.equal(asked.length, 1);
});

test("a token is renewed before it ends, by its own length and not by the local clock", async () => {
  const first = tokenFor("alice", 1_000_000, 1_000_100);
  const second = tokenFor("alice", 1_000_080, 1_000_180);
  const { source, asked, clock } = sourceOf([give(first), give(second)]);
  assert.equal(await source.get(), first);
  clock.now = 74_000;
  assert.equal(await source.get(), first);
  clock.now = 76_000;
  assert.equal(await source.get(), second);
  assert.equal(asked.length, 2);
});

test("a refused token is fetched anew, but one that was replaced already is not", async () => {
  const first = tokenFor("alice", 0, 300);
  const second = tokenFor("alice", 1, 301);
  const { source, asked } = sourceOf([give(first), give(second)]);
  await source.get();
  source.refuse(first);
  assert.equal(await source.get(), second);
  source.refuse(first);
  assert.equal(await source.get(), second);
  assert.equal(asked.length, 2);
});

test("a token of somebody else is never given out", async () => {
  const { source } = sourceOf([give(tokenFor("bob", 0, 300)), give(tokenFor("alice", 0, 300))]);
  await assert.rejects(source.get(), SessionChanged);
  assert.equal(await source.get(), tokenFor("alice", 0, 300));
});

test("an ended session, a refusal and a broken connection are told apart", async () => {
  const { source } = sourceOf([
    () => new Response(null, { status: 401 }),
    () => new Response(null, { status: 429, headers: { "X-Retry-After": "7" } }),
    () => Response.json({ nothing: true }),
  ]);
  await assert.rejects(source.get(), SessionEnded);
  await assert.rejects(source.get(), (error: APIError) => error.status === 429 && error.retryAfter === 7);
  await assert.rejects(source.get(), (error: APIError) => error.code === "unexpected_answer");
  await assert.rejects(source.get(), (error: APIError) => error.code === "no_connection" && error.status === 0);
});
