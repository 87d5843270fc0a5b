/**
 * Keeps lib/backend/schema.d.ts equal to lib/backend/contract.json, the part of the backend's
 * OpenAPI document that this client relies on.
 *
 *   npm run api:generate     writes the types
 *   npm run api:check        exit 1 when they are out of date
 *
 * The contract comes from `python -m system.backend.openapi.contract`, and a test of the backend
 * compares the two. The client's own types are taken from the generated file, so the compiler says where a
 * change of the backend breaks the client.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import openapiTS, { astToString } from "openapi-typescript";

const mode = process.argv[2];
const library = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "lib", "backend");
const target = path.join(library, "schema.d.ts");

const contract = JSON.parse(await readFile(path.join(library, "contract.json"), "utf8"));
const header = "/** Made from contract.json by `npm run api:generate`. */\n\n";
const text = header + astToString(await openapiTS(contract, { immutable: true, defaultNonNullable: false }));

if (mode === "write") {
  await writeFile(target, text);
} else if ((await readFile(target, "utf8").catch(() => "")) !== text) {
  process.stderr.write("lib/backend/schema.d.ts is out of date: npm run api:generate\n");
  process.exit(1);
}
