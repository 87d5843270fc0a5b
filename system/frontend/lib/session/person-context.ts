"use client";

import { createContext, useContext } from "react";

import type { Backend } from "@/lib/backend/client";
import type { SignedIn } from "./current-user.ts";

/** The signed-in person and their client of the backend, for the components below the shell. */
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
