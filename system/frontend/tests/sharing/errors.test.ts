import { expect, test } from "vitest";

import { APIError, SessionEnded } from "@/lib/backend/errors";
import { describeAnswerError, describeSharingError } from "@/lib/sharing/errors";

const refusal = (status: number, details: Record<string, unknown> = {}) =>
  new APIError({ status, code: "conflict", message: "no", details });

test("a refused invitation says why in words for a person", () => {
  expect(describeSharingError(refusal(409, { invitee_id: "is a member already" }))).toContain("a member already");
  expect(describeSharingError(refusal(422, { invitee_id: "must be another user" }))).toContain("your own id");
  expect(describeSharingError(refusal(409, { members: "at most 100" }))).toContain("as many members");
  expect(describeSharingError(refusal(403))).toContain("Only the owner");
  expect(describeSharingError(refusal(404))).toContain("no longer");
});

test("a refused answer tells a withdrawn invitation from a name that is taken", () => {
  expect(describeAnswerError(refusal(404))).toContain("withdrawn");
  expect(describeAnswerError(refusal(409))).toContain("Rename yours");
});

test("what has nothing to do with sharing is said as everywhere", () => {
  expect(describeSharingError(new SessionEnded())).toContain("signed out");
  expect(describeAnswerError(refusal(503))).toContain("not available");
});
