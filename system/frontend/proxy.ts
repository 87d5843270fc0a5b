import type { NextRequest } from "next/server";
import { NextResponse } from "next/server";

import { contentSecurityPolicy, fixedHeaders } from "@/lib/server/security-headers";
import { settings } from "@/lib/server/settings";

/**
 * Puts the security headers on every answer and gives each page its own nonce.
 *
 * It decides nothing about who is signed in: a cookie's presence proves nothing, and the pages ask
 * the session table themselves.
 */
export function proxy(request: NextRequest): NextResponse {
  const { publicUrl, backendUrl, chat } = settings();
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString("base64");
  const policy = contentSecurityPolicy({
    nonce,
    publicUrl,
    backendUrl,
    chat,
    development: process.env.NODE_ENV === "development",
  });
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("Content-Security-Policy", policy);
  const answer = NextResponse.next({ request: { headers } });
  answer.headers.set("Content-Security-Policy", policy);
  for (const [name, value] of Object.entries(fixedHeaders(publicUrl))) answer.headers.set(name, value);
  return answer;
}

export const config = { matcher: ["/((?!_next/static/).*)"] };
