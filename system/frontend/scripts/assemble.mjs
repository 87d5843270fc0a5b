/**
 * Completes `.next/standalone`: Next leaves the static files and our start script out of it.
 * Afterwards that one folder is all a deployment needs.
 */
import { cp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.join(root, ".next", "standalone");

for (const folder of [".next/static", "public"]) {
  const source = path.join(root, folder);
  if (!existsSync(source)) continue;
  await rm(path.join(target, folder), { recursive: true, force: true });
  await cp(source, path.join(target, folder), { recursive: true });
}
await cp(path.join(root, "scripts", "start.mjs"), path.join(target, "start.mjs"));
