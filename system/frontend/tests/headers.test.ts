import assert from "node:assert/strict";
import { test } from "node:test";

import { contentSecurityPolicy, fixedHeaders } from "../lib/security-headers.ts";

const page = {
  nonce: "abc",
  publicUrl: "https://tasks.example",
  backendUrl: "https://api.example",
  chat: { kind: "local" },
  development: false,
} as const;

test("over https a browser is told to stay there, over http it is not", () => {
  assert.match(fixedHeaders("https://tasks.example")["Strict-Transport-Security"] ?? "", /max-age=\d{8}/);
  assert.equal(fixedHeaders("http://localhost:3000")["Strict-Transport-Security"], undefined);
});

test("a page reaches its own origin and the backend, and nobody frames it", () => {
  const policy = contentSecurityPolicy(page);
  assert.match(policy, /connect-src 'self' https:\/\/api\.example(;|$)/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /script-src 'self' 'nonce-abc' 'strict-dynamic'(;|$)/);
  assert.doesNotMatch(policy, /unsafe|cdn/);
});

test("the host of the hosted component is named only where it is used", () => {
  const scriptUrl = "https://cdn.example/chatkit.js";
  const policy = contentSecurityPolicy({ ...page, chat: { kind: "cdn", scriptUrl, domainKey: "k" } });
  assert.match(policy, /frame-src https:\/\/cdn\.example(;|$)/);
  assert.doesNotMatch(policy, /unsafe-eval/);
});
