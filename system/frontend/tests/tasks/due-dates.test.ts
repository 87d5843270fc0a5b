import { expect, test } from "vitest";

import { dueLabel, today } from "@/lib/tasks/due-dates";

const now = new Date(2026, 1, 3, 23, 30);

test("today is the local calendar date", () => {
  expect(today(now)).toBe("2026-02-03");
});

test("a due date is labelled in words nearby and as a date elsewhere", () => {
  expect(["2026-02-02", "2026-02-03", "2026-02-04"].map((due) => dueLabel(due, now))).toEqual(["yesterday", "today", "tomorrow"]);
  expect(dueLabel("2026-03-09", now)).toBe("9 Mar");
  expect(dueLabel("2027-03-09", now)).toBe("9 Mar 2027");
});
