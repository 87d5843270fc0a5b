/**
 * Keeps lib/backend-schema.d.ts equal to the backend's OpenAPI document.
 *
 *   npm run api:generate -- http://localhost:8000     writes the file
 *   npm run api:check -- http://localhost:8000        exit 1 when the file is out of date
 *
 * The argument is the backend's origin or a file with the document. The client's own types are
 * taken from that file, so the compiler says where a change of the backend breaks the client.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import openapiTS, { astToString } from "openapi-typescript";

const [mode, source] = process.argv.slice(2);
const target = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "lib", "backend-schema.d.ts");

if (!source || (mode !== "write" && mode !== "check")) {
  process.stderr.write("say where the backend is: npm run api:check -- http://localhost:8000\n");
  process.exit(2);
}

async function documentOf(place) {
  if (!/^https?:/.test(place)) return JSON.parse(await readFile(place, "utf8"));
  const answer = await fetch(new URL("/openapi.json", place));
  if (!answer.ok) throw new Error(`${place}/openapi.json answered ${answer.status}`);
  return answer.json();
}

const header = "/** Made from the backend's OpenAPI document by `npm run api:generate`. */\n\n";
const text = header + astToString(await openapiTS(await documentOf(source)));

if (mode === "write") {
  await writeFile(target, text);
} else if ((await readFile(target, "utf8").catch(() => "")) !== text) {
  process.stderr.write("lib/backend-schema.d.ts is out of date: npm run api:generate -- ORIGIN\n");
  process.exit(1);
}
