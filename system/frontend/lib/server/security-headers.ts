import type { ChatSource } from "./settings.ts";

/**
 * The response headers that limit what a page may load, frame and send.
 *
 * Scripts run by nonce (CSP level 3, `strict-dynamic`). The policy names the backend as the only
 * other address, and OpenAI's host only when the ChatKit component is taken from there.
 */

export interface HeaderInputs {
  readonly nonce: string;
  readonly publicUrl: string;
  readonly backendUrl: string;
  readonly chat: ChatSource;
  readonly development: boolean;
}

/** The Content-Security-Policy of a page. */
export function contentSecurityPolicy(inputs: HeaderInputs): string {
  const { nonce, backendUrl, chat, development } = inputs;
  const cdn = chat.kind === "cdn" ? new URL(chat.scriptUrl).origin : null;
  const list = (...sources: (string | null | false)[]) => sources.filter(Boolean).join(" ");
  const directives: Record<string, string> = {
    "default-src": "'none'",
    // Development tools evaluate code; a production build never does.
    "script-src": list("'self'", `'nonce-${nonce}'`, "'strict-dynamic'", development && "'unsafe-eval'"),
    // The hosted component writes inline styles, and so does the development overlay.
    "style-src": list("'self'", cdn || development ? "'unsafe-inline'" : `'nonce-${nonce}'`, cdn),
    "connect-src": list("'self'", backendUrl, cdn, development && "ws:"),
    "img-src": list("'self'", "data:", cdn),
    "font-src": list("'self'", cdn),
    "frame-src": cdn ?? "'none'",
    "manifest-src": "'self'",
    "worker-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
  };
  const policy = Object.entries(directives).map(([name, value]) => `${name} ${value}`);
  if (inputs.publicUrl.startsWith("https:")) policy.push("upgrade-insecure-requests");
  return policy.join("; ");
}

/** The headers that do not change from page to page. */
export function fixedHeaders(publicUrl: string): Record<string, string> {
  return {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ...(publicUrl.startsWith("https:")
      ? { "Strict-Transport-Security": "max-age=63072000; includeSubDomains" }
      : {}),
  };
}
