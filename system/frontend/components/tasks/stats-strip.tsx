"use client";

import { useStats } from "@/lib/tasks/use-tasks";

/** Four counts over everything the person has. */
export function StatsStrip() {
  const { stats } = useStats();
  const counts = [
    { name: "To do", value: stats?.pending },
    { name: "In progress", value: stats?.in_progress },
    { name: "Done", value: stats?.completed },
    { name: "Overdue", value: stats?.overdue, alarming: (stats?.overdue ?? 0) > 0 },
  ];
  return (
    <dl aria-label="Statistics" className="grid grid-cols-4 divide-x divide-line rounded-2xl border border-line bg-surface">
      {counts.map(({ name, value, alarming }) => (
        <div key={name} className="flex min-w-0 flex-col-reverse justify-end px-2 py-3 sm:px-5">
          <dt className="text-xs leading-4 text-muted sm:text-sm">{name}</dt>
          <dd className={`text-xl font-semibold tabular-nums sm:text-2xl ${alarming ? "text-danger" : ""}`}>
            {value ?? <span className="text-muted">–</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
