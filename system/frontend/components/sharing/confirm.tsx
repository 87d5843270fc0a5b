"use client";

import { useEffect, useRef } from "react";
import type { ReactNode } from "react";

import { Button } from "@/components/ui";

interface ConfirmProps {
  /** What will happen. */
  readonly children: ReactNode;
  readonly verb: string;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

/** Asks once more, in the place where something was chosen. The keyboard starts at the way back. */
export function Confirm({ children, verb, busy, onConfirm, onCancel }: ConfirmProps) {
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => back.current?.focus(), []);
  return (
    <div role="group" aria-label="Confirm" className="grid gap-3 rounded-lg bg-sunken p-3 text-sm">
      <p>{children}</p>
      <div className="flex flex-wrap justify-end gap-2">
        <Button ref={back} compact onClick={onCancel}>
          Cancel
        </Button>
        <Button compact tone="danger" disabled={busy} onClick={onConfirm}>
          {verb}
        </Button>
      </div>
    </div>
  );
}
