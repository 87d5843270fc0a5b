"use client";

import type { Ref } from "react";

import { CheckAllIcon, SearchIcon } from "@/components/icons";
import { Button } from "@/components/ui";
import type { TaskFilter } from "@/lib/backend/client";

interface FiltersProps {
  readonly searchRef: Ref<HTMLInputElement>;
  readonly status: TaskFilter["status"];
  readonly onStatus: (status: TaskFilter["status"]) => void;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly canComplete: boolean;
  readonly onCompleteAll: () => void;
  /** The project that "complete all" is limited to. */
  readonly scope: string | null;
}

const CHOICES = [
  [null, "All"],
  ["pending", "To do"],
  ["in_progress", "In progress"],
  ["completed", "Done"],
] as const;

/** Status filter, search and the one bulk action. A search looks through every task. */
export function Filters({
  searchRef,
  status,
  onStatus,
  query,
  onQuery,
  canComplete,
  onCompleteAll,
  scope,
}: FiltersProps) {
  const searching = query.trim() !== "";
  return (
    <div className="flex flex-wrap items-center gap-3">
      <fieldset disabled={searching} className="min-w-0">
        <legend className="sr-only">Show tasks by status</legend>
        <div className="flex rounded-lg border border-line bg-sunken p-1">
          {CHOICES.map(([value, name]) => (
            <label
              key={name}
              className={`grid min-h-9 cursor-pointer place-items-center rounded-md px-2.5 text-sm font-medium whitespace-nowrap has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus sm:px-3.5 ${
                status === value && !searching ? "bg-surface text-ink ring-1 ring-edge" : "text-muted hover:text-ink"
              } ${searching ? "cursor-not-allowed" : ""}`}
            >
              <input
                type="radio"
                name="status"
                className="sr-only"
                checked={status === value}
                onChange={() => onStatus(value)}
              />
              {name}
            </label>
          ))}
        </div>
      </fieldset>
      <div role="search" className="relative min-w-0 flex-1 basis-36">
        <SearchIcon className="pointer-events-none absolute top-1/2 left-3 size-5 -translate-y-1/2 text-muted" />
        <label>
          <span className="sr-only">Search all tasks</span>
          <input
            ref={searchRef}
            type="search"
            className="field pl-10"
            placeholder="Search"
            maxLength={200}
            autoComplete="off"
            value={query}
            onChange={(event) => onQuery(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") onQuery("");
            }}
          />
        </label>
      </div>
      <Button tone="quiet" disabled={!canComplete} onClick={onCompleteAll}>
        <CheckAllIcon />
        {scope ? "Complete all here" : "Complete all"}
      </Button>
    </div>
  );
}
