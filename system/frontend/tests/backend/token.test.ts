import { expect, test } from "vitest";

import { SessionChanged, SessionEnded } from "@/lib/backend/errors";
import { TokenSource } from "@/lib/backend/token";

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
  expect(await Promise.all([source.get(), source.get(), source.get()])).toEqual([token, token, token]);
  expect(asked.length).toBe(1);
});

test("a token is renewed before it ends, by its own length and not by the local clock", async () => {
  const first = tokenFor("alice", 1_000_000, 1_000_100);
  const second = tokenFor("alice", 1_000_080, 1_000_180);
  const { source, asked, clock } = sourceOf([give(first), give(second)]);
  expect(await source.get()).toBe(first);
  clock.now = 74_000;
  expect(await source.get()).toBe(first);
  clock.now = 76_000;
  expect(await source.get()).toBe(second);
  expect(asked.length).toBe(2);
});

test("a refused token is replaced once", async () => {
  const first = tokenFor("alice", 0, 300);
  const second = tokenFor("alice", 1, 301);
  const { source, asked } = sourceOf([give(first), give(second)]);
  await source.get();
  source.refuse(first);
  expect(await source.get()).toBe(second);
  source.refuse(first);
  expect(await source.get()).toBe(second);
  expect(asked.length).toBe(2);
});

test("a token of another user is never used", async () => {
  const { source } = sourceOf([give(tokenFor("bob", 0, 300)), give(tokenFor("alice", 0, 300))]);
  await expect(source.get()).rejects.toBeInstanceOf(SessionChanged);
  expect(await source.get()).toBe(tokenFor("alice", 0, 300));
});

test("an ended session, a refusal and a broken connection are told apart", async () => {
  const { source } = sourceOf([
    () => new Response(null, { status: 401 }),
    () => new Response(null, { status: 429, headers: { "X-Retry-After": "7" } }),
    () => Response.json({ nothing: true }),
  ]);
  await expect(source.get()).rejects.toBeInstanceOf(SessionEnded);
  await expect(source.get()).rejects.toMatchObject({ status: 429, retryAfter: 7 });
  await expect(source.get()).rejects.toMatchObject({ code: "unexpected_answer" });
  await expect(source.get()).rejects.toMatchObject({ code: "no_connection", status: 0 });
});
