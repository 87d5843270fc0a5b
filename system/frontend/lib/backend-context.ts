"use client";

import { createContext, useContext } from "react";

import type { Backend } from "@/lib/api";
import type { SignedIn } from "@/lib/session";

/** The signed-in person and their client, for the components below the shell. */

export interface Person {
  readonly user: SignedIn;
  readonly backend: Backend;
}

export const PersonContext = createContext<Person | null>(null);

export function usePerson(): Person {
  const person = useContext(PersonContext);
  if (!person) throw new Error("usePerson needs the AppShell above it");
  return person;
}
