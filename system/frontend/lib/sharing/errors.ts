import { APIError, describeError } from "@/lib/backend/errors";

/** One or two sentences for a person who shares a project, or answers an invitation. */

const REASONS: Readonly<Record<string, string>> = {
  "is a member already": "This person is a member already.",
  "is invited already": "This person is invited already.",
  "must be a member to own it": "Only a member can take the project over. Invite this person first.",
  "must be another user": "That is your own id. Enter the id of the other person.",
};

/** A refusal of an invitation, or of a change among the members. */
export function describeSharingError(error: unknown): string {
  if (!(error instanceof APIError)) return describeError(error);
  const reason = error.details["invitee_id"];
  if (typeof reason === "string" && REASONS[reason]) return REASONS[reason];
  if (typeof error.details["members"] === "string") return "The project has as many members as it can have.";
  if (error.status === 403) return "Only the owner of the project can do that.";
  if (error.status === 404) return "It is no longer there, or no longer shared with you.";
  return describeError(error);
}

/** A refusal of an answer to an invitation. */
export function describeAnswerError(error: unknown): string {
  if (error instanceof APIError && error.status === 404) return "This invitation was withdrawn or answered already.";
  if (error instanceof APIError && error.status === 409) {
    return "You are a member already, or have a project of this name. Rename yours and accept again.";
  }
  return describeSharingError(error);
}
