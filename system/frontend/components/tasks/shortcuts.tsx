"use client";

import { Dialog } from "@/components/dialog";

interface ShortcutsProps {
  readonly enabled: boolean;
  readonly onEnabled: (enabled: boolean) => void;
  readonly onClose: () => void;
}

const KEYS = [
  ["n", "Write a new task"],
  ["/", "Search"],
  ["↑ ↓", "Move between tasks, when one has the focus"],
  ["Space", "Complete or reopen the focused task"],
  ["Esc", "Clear the search, close a dialog"],
  ["?", "Show this list"],
] as const;

/** The keys, and a switch: single-letter keys must be possible to turn off (WCAG 2.2, 2.1.4). */
export function Shortcuts({ enabled, onEnabled, onClose }: ShortcutsProps) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-5 gap-y-3">
        {KEYS.map(([key, meaning]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="inline-block min-w-9 rounded-md border border-edge bg-sunken px-2 py-1 text-center font-mono text-sm">
                {key}
              </kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label className="flex items-center gap-3">
        <input
          type="checkbox"
          className="size-5 accent-accent"
          checked={enabled}
          onChange={(event) => onEnabled(event.target.checked)}
        />
        Use the keys n, / and ?
      </label>
    </Dialog>
  );
}
