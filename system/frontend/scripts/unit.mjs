/** Compiles the tests and what they import, and runs them with Node's own test runner. */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const output = path.join(root, ".unit");

function run(...command) {
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(output, { recursive: true, force: true });
run(path.join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tests/tsconfig.json");
const folder = path.join(output, "tests");
run("--test", ...readdirSync(folder).filter((name) => name.endsWith(".test.js")).map((name) => path.join(folder, name)));
