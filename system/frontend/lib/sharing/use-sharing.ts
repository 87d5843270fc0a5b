"use client";

import { useEffect, useRef } from "react";
import useSWR from "swr";

import type { Invitation, Member, Project } from "@/lib/backend/types";
import { usePerson } from "@/lib/session/person-context";
import { invitationsKey, membersKey, openInvitationsKey } from "@/lib/tasks/cache-keys";
import { onTaskChange } from "@/lib/tasks/task-changes";
import { lost } from "./roles.ts";

/**
 * Members and invitations, read again every few seconds: other people change them.
 *
 * The backend tells nobody that sharing has ended; a page that shows what was shared asks.
 */

/** How often a dialog or page on sharing asks again. */
const LOOKED_AT_MS = 5_000;
/** How often the navigation asks for new invitations. */
const MEANWHILE_MS = 30_000;

export function useMembers(projectId: string) {
  const { backend } = usePerson();
  const { data, error, mutate } = useSWR<readonly Member[]>(
    membersKey(backend.userId, projectId),
    () => backend.members(projectId),
    { refreshInterval: LOOKED_AT_MS },
  );
  return { members: data, error: error as unknown, reload: mutate };
}

export function useOpenInvitations(projectId: string, asked: boolean) {
  const { backend } = usePerson();
  const { data, error, mutate } = useSWR<readonly Invitation[]>(
    asked ? openInvitationsKey(backend.userId, projectId) : null,
    () => backend.openInvitations(projectId),
    { refreshInterval: LOOKED_AT_MS },
  );
  return { invitations: data, error: error as unknown, reload: mutate };
}

/** The invitations that wait for the person's answer. */
export function useInvitations({ lookedAt = false } = {}) {
  const { backend } = usePerson();
  const { data, error, isLoading, mutate } = useSWR<readonly Invitation[]>(
    invitationsKey(backend.userId),
    () => backend.invitations(),
    { refreshInterval: lookedAt ? LOOKED_AT_MS : MEANWHILE_MS },
  );
  useEffect(() => onTaskChange(backend.userId, () => void mutate()), [backend.userId, mutate]);
  return { invitations: data, error: error as unknown, loading: isLoading, reload: mutate };
}

/** Calls `onLost` with the projects that were listed and are not any more. */
export function useLostProjects(projects: readonly Project[], onLost: (lost: readonly Project[]) => void): void {
  const before = useRef(projects);
  const latest = useRef(onLost);
  useEffect(() => {
    latest.current = onLost;
  }, [onLost]);
  useEffect(() => {
    const gone = lost(before.current, projects);
    before.current = projects;
    if (gone.length > 0) latest.current(gone);
  }, [projects]);
}
