"use client";

import useSWR from "swr";

import type { Account, OwnAccount } from "@/lib/backend/types";
import { usePerson } from "@/lib/session/person-context";
import { accountKey, accountsKey } from "@/lib/tasks/cache-keys";

/** Whether the person is an administrator, as the backend says; false until it has said so. */
export function useIsAdministrator(): boolean {
  const { backend } = usePerson();
  const { data } = useSWR<OwnAccount>(accountKey(backend.userId), () => backend.account(), {
    revalidateOnFocus: false,
  });
  return data?.role === "admin";
}

/** All accounts; the backend refuses them to who is not an administrator. */
export function useAccounts() {
  const { backend } = usePerson();
  const { data, error, isLoading, mutate } = useSWR<readonly Account[]>(accountsKey(backend.userId), () =>
    backend.accounts(),
  );
  return { accounts: data, error: error as unknown, loading: isLoading, reload: mutate };
}
