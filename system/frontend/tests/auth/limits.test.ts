import { describe, expect, it } from "vitest";

import { AccountAttempts, fieldProblem } from "@/lib/auth/limits";

describe("fieldProblem", () => {
  it("names a field that is too long", () => {
    expect(fieldProblem({ name: "x".repeat(101) })).toBe("name may have 100 characters");
    expect(fieldProblem({ email: "x".repeat(255) })).toBe("email may have 254 characters");
  });

  it("finds nothing in fields of the usual length, or in another body", () => {
    expect(fieldProblem({ name: "Ann", email: "ann@example.com", other: "x".repeat(9999) })).toBeNull();
    for (const body of [undefined, null, "text", 7, []]) expect(fieldProblem(body)).toBeNull();
  });
});

describe("AccountAttempts", () => {
  it("refuses one too many at an account, however it is spelled, and at no other", () => {
    const attempts = new AccountAttempts(2, 300, () => 0);
    expect([" Ann@example.com", "ann@EXAMPLE.com", "ann@example.com"].map((each) => attempts.take(each))).toEqual([
      null,
      null,
      300,
    ]);
    expect(attempts.take("bob@example.com")).toBeNull();
  });

  it("begins anew after its window", () => {
    let now = 0;
    const attempts = new AccountAttempts(1, 10, () => now);
    expect(attempts.take("ann")).toBeNull();
    now = 9_500;
    expect(attempts.take("ann")).toBe(1);
    now = 10_000;
    expect(attempts.take("ann")).toBeNull();
  });

  it("keeps a bounded number of accounts", () => {
    const attempts = new AccountAttempts(1, 10, () => 0);
    for (let number = 0; number < 100_050; number += 1) attempts.take(`user-${number}`);
    // The first were forgotten to make space; the last are known.
    expect(attempts.take("user-0")).toBeNull();
    expect(attempts.take("user-100049")).toBe(10);
  });
});
