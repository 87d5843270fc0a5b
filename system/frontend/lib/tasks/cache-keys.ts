import type { TaskFilter } from "@/lib/backend/client";

/**
 * The keys of the browser's SWR cache. Each begins with the user's id: the cache outlives a change
 * of account inside one document, and only the key keeps the first person's rows from the second.
 */

type Part = string | number | null;
export type CacheKey = readonly [userId: string, kind: string, ...parts: Part[]];

function scoped(userId: string, kind: string, ...parts: Part[]): CacheKey {
  return [userId, kind, ...parts];
}

export function tasksKey(userId: string, filter: TaskFilter, cursor: string | null): CacheKey {
  return scoped(userId, "tasks", filter.status, filter.projectId, filter.query.trim(), cursor);
}

export function projectsKey(userId: string): CacheKey {
  return scoped(userId, "projects");
}

export function membersKey(userId: string, projectId: string): CacheKey {
  return scoped(userId, "members", projectId);
}

export function openInvitationsKey(userId: string, projectId: string): CacheKey {
  return scoped(userId, "open-invitations", projectId);
}

export function invitationsKey(userId: string): CacheKey {
  return scoped(userId, "invitations");
}

export function accountKey(userId: string): CacheKey {
  return scoped(userId, "account");
}

export function accountsKey(userId: string): CacheKey {
  return scoped(userId, "accounts");
}

export function statsKey(userId: string): CacheKey {
  return scoped(userId, "stats");
}
