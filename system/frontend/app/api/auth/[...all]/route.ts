import { toNextJsHandler } from "better-auth/next-js";

import { auth } from "@/lib/auth/server";

/**
 * Better Auth's endpoints. Everything but the public keys is marked as not to be stored, and the
 * session token stays in its HttpOnly cookie: the copy in sign-in answers is taken out.
 */

async function handle(request: Request): Promise<Response> {
  const answer = await toNextJsHandler(auth()).GET(request);
  const { pathname } = new URL(request.url);
  const headers = new Headers(answer.headers);
  headers.set("Cache-Control", pathname.endsWith("/jwks") && answer.ok ? "public, max-age=60" : "no-store");
  if (pathname.endsWith("/sign-out") && answer.ok) headers.set("Clear-Site-Data", '"cache", "storage"');
  const entering = /\/sign-(in|up)\/email$/.test(pathname) && answer.ok;
  const body = entering ? await withoutSessionToken(answer) : answer.body;
  return new Response(body, { status: answer.status, headers });
}

async function withoutSessionToken(answer: Response): Promise<string> {
  const body = (await answer.json()) as Record<string, unknown>;
  delete body.token;
  return JSON.stringify(body);
}

export const GET = handle;
export const POST = handle;
