import { expect, test } from "vitest";

import { contentSecurityPolicy, fixedHeaders } from "@/lib/server/security-headers";

const page = {
  nonce: "abc",
  publicUrl: "https://tasks.example",
  backendUrl: "https://api.example",
  chat: { kind: "local" },
  development: false,
} as const;

test("Strict-Transport-Security is sent over https and not over http", () => {
  expect(fixedHeaders("https://tasks.example")["Strict-Transport-Security"] ?? "").toMatch(/max-age=\d{8}/);
  expect(fixedHeaders("http://localhost:3000")["Strict-Transport-Security"]).toBe(undefined);
});

test("the content security policy allows the page's own origin and the backend, and no framing", () => {
  const policy = contentSecurityPolicy(page);
  expect(policy).toMatch(/connect-src 'self' https:\/\/api\.example(;|$)/);
  expect(policy).toMatch(/frame-ancestors 'none'/);
  expect(policy).toMatch(/script-src 'self' 'nonce-abc' 'strict-dynamic'(;|$)/);
  expect(policy).not.toMatch(/unsafe|cdn/);
});

test("the content security policy names the CDN only where the hosted component is used", () => {
  const scriptUrl = "https://cdn.example/chatkit.js";
  const policy = contentSecurityPolicy({ ...page, chat: { kind: "cdn", scriptUrl, domainKey: "k" } });
  expect(policy).toMatch(/frame-src https:\/\/cdn\.example(;|$)/);
  expect(policy).not.toMatch(/unsafe-eval/);
});
