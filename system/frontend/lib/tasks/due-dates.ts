/** Calendar dates as people say them. A due date has no time and no zone. */

/** Today's date where the person is, `YYYY-MM-DD`. */
export function today(now = new Date()): string {
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

/** "today", "tomorrow", "yesterday", or a short date. */
export function dueLabel(due: string, now = new Date()): string {
  const days = Math.round((Date.parse(due) - Date.parse(today(now))) / 86_400_000);
  if (days === 0) return "today";
  if (days === 1) return "tomorrow";
  if (days === -1) return "yesterday";
  const [year, month, day] = due.split("-").map(Number) as [number, number, number];
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    ...(year === now.getFullYear() ? {} : { year: "numeric" }),
  }).format(new Date(year, month - 1, day));
}
