/** The domain's values as the backend sends them, under the names this client uses. */

export type TaskStatus = "pending" | "in_progress" | "completed";
export type TaskPriority = "low" | "medium" | "high";

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly status: TaskStatus;
  readonly priority: TaskPriority;
  /** Calendar date, `YYYY-MM-DD`. */
  readonly due_date: string | null;
  readonly project_id: string | null;
  readonly project_name: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly completed_at: string | null;
}

export interface TaskDraft {
  readonly title: string;
  readonly description?: string | null;
  readonly status?: TaskStatus;
  readonly priority?: TaskPriority;
  readonly due_date?: string | null;
  readonly project_id?: string | null;
}

/** Fields left out stay as they are; null clears an optional one. */
export type TaskChange = Partial<TaskDraft>;

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly task_count: number;
  readonly open_task_count: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface UserStats {
  readonly total: number;
  readonly pending: number;
  readonly in_progress: number;
  readonly completed: number;
  readonly overdue: number;
  readonly projects: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}
