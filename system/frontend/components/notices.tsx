"use client";

import { createContext, useCallback, useContext, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";

import { Button, IconButton } from "@/components/ui";
import { CloseIcon } from "@/components/icons";
import { describeError, SessionChanged, SessionEnded } from "@/lib/backend/errors";

/** Short messages at the foot of the page: what was done, what failed, and how to take it back. */

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "error";
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface Notices {
  /** Shows a message until `dismiss` is called with the id it returns, or for `ms` milliseconds. */
  readonly show: (text: string, options?: { action?: Notice["action"]; ms?: number | null }) => number;
  /** Shows an error in words for a person. A lost session is handled elsewhere and not shown. */
  readonly fail: (error: unknown) => void;
  readonly dismiss: (id: number) => void;
}

const Context = createContext<Notices | null>(null);

export function useNotices(): Notices {
  const notices = useContext(Context);
  if (!notices) throw new Error("useNotices needs a NoticesProvider above it");
  return notices;
}

const SHOWN_MS = 6_000;
const AT_MOST = 3;

export function NoticesProvider({ children }: { readonly children: ReactNode }) {
  const [list, setList] = useState<readonly Notice[]>([]);
  const counter = useRef(0);

  const dismiss = useCallback((id: number) => {
    setList((current) => current.filter((notice) => notice.id !== id));
  }, []);

  const add = useCallback(
    (notice: Omit<Notice, "id">, ms: number | null) => {
      const id = ++counter.current;
      setList((current) => [...current.slice(1 - AT_MOST), { ...notice, id }]);
      if (ms !== null) setTimeout(() => dismiss(id), ms);
      return id;
    },
    [dismiss],
  );

  const notices = useMemo<Notices>(
    () => ({
      dismiss,
      show: (text, options = {}) =>
        add(
          { text, tone: "plain", ...(options.action ? { action: options.action } : {}) },
          options.ms === undefined ? SHOWN_MS : options.ms,
        ),
      fail: (error) => {
        if (error instanceof SessionEnded || error instanceof SessionChanged) return;
        add({ text: describeError(error), tone: "error" }, SHOWN_MS * 2);
      },
    }),
    [add, dismiss],
  );

  return (
    <Context value={notices}>
      {children}
      <div
        className="pointer-events-none fixed inset-x-0 bottom-0 z-40 grid justify-items-center gap-2 p-4 sm:justify-items-end sm:p-6"
        role="region"
        aria-label="Notifications"
        aria-live="polite"
      >
        {list.map((notice) => (
          <div
            key={notice.id}
            role={notice.tone === "error" ? "alert" : undefined}
            className={`pointer-events-auto flex w-full max-w-md items-center gap-3 rounded-xl border px-4 py-2 shadow-card ${
              notice.tone === "error" ? "border-danger bg-danger-soft text-danger" : "border-line bg-surface text-ink"
            }`}
          >
            <p className="min-w-0 flex-1 py-1 text-sm">{notice.text}</p>
            {notice.action ? (
              <Button
                compact
                onClick={() => {
                  notice.action?.run();
                  dismiss(notice.id);
                }}
              >
                {notice.action.label}
              </Button>
            ) : null}
            <IconButton label="Dismiss" onClick={() => dismiss(notice.id)}>
              <CloseIcon />
            </IconButton>
          </div>
        ))}
      </div>
    </Context>
  );
}
