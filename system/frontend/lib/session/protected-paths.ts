/** The protected pages. A `next` parameter can only name one of these, never another site. */

export const PROTECTED_PATHS = ["/tasks", "/chat", "/invitations", "/accounts"] as const;

export type ProtectedPath = (typeof PROTECTED_PATHS)[number];

/** The page to open after signing in; anything unknown becomes the task list. */
export function landingPath(next: unknown): ProtectedPath {
  return PROTECTED_PATHS.find((path) => path === next) ?? "/tasks";
}
