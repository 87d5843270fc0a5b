import { settings } from "@/lib/server/settings";

/** Whether this server answers, and whether the backend says that it is ready. */

export const dynamic = "force-dynamic";

const TIMEOUT_MS = 3_000;

async function backendReady(): Promise<boolean> {
  try {
    const answer = await fetch(`${settings().backendInternalUrl}/ready`, {
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

export async function GET(): Promise<Response> {
  const ready = await backendReady();
  return Response.json(
    { status: ready ? "ready" : "degraded", frontend: "ready", backend: ready ? "ready" : "unavailable" },
    { status: ready ? 200 : 503, headers: { "Cache-Control": "no-store" } },
  );
}
