import { expect, test } from "vitest";

import { finishBeforeSignOut, finishPendingWork } from "@/lib/session/before-sign-out";

test("sign-out finishes pending work, also beside work that fails, and not released work", async () => {
  const done: string[] = [];
  const releases = [
    finishBeforeSignOut(async () => {
      throw new Error("refused");
    }),
    finishBeforeSignOut(async () => {
      done.push("deletion");
    }),
  ];
  finishBeforeSignOut(async () => {
    done.push("released");
  })();
  await finishPendingWork();
  expect(done).toEqual(["deletion"]);
  releases.forEach((release) => release());
  await finishPendingWork();
  expect(done).toEqual(["deletion"]);
});
