import path from "node:path";

import { defineConfig } from "vitest/config";

/** Unit tests of `lib/`, without a browser; `tests/` mirrors its folders. */
export default defineConfig({
  resolve: { alias: { "@": path.resolve(import.meta.dirname) } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
