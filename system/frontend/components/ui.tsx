"use client";

import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { useId } from "react";

/** The few controls that every page shares. */

type Tone = "primary" | "plain" | "quiet" | "danger";

const TONES: Record<Tone, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong disabled:bg-sunken disabled:text-muted",
  plain: "border border-edge bg-surface text-ink hover:bg-sunken disabled:text-muted",
  quiet: "text-muted hover:bg-sunken hover:text-ink disabled:opacity-50 disabled:hover:bg-transparent",
  danger: "border border-danger bg-surface text-danger hover:bg-danger-soft disabled:border-edge disabled:text-muted",
};

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly tone?: Tone;
  readonly compact?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
};

export function Button({ tone = "plain", compact = false, className = "", type = "button", ...rest }: ButtonProps) {
  const size = compact ? "min-h-9 px-3 text-sm" : "min-h-11 px-4";
  return (
    <button
      type={type}
      className={`inline-flex items-center justify-center gap-2 rounded-lg font-medium transition-colors disabled:cursor-not-allowed ${size} ${TONES[tone]} ${className}`}
      {...rest}
    />
  );
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label"> & { readonly label: string };

/** A square button that shows an icon and is named by `label`. */
export function IconButton({ label, className = "", type = "button", children, ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={`grid size-9 shrink-0 place-items-center rounded-lg text-muted transition-colors hover:bg-sunken hover:text-ink disabled:cursor-not-allowed disabled:opacity-50 sm:size-10 ${className}`}
      {...rest}
    >
      {children}
    </button>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: (ids: { readonly id: string; readonly describedBy: string | undefined }) => ReactNode;
  readonly className?: string;
}

/** A visible label bound to its control, with an optional hint. */
export function Field({ label, hint, children, className = "" }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className={`grid gap-1.5 ${className}`}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, describedBy: hint ? hintId : undefined })}
      {hint ? (
        <p id={hintId} className="text-sm text-muted">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

/** A message that a screen reader says at once. */
export function Alert({ children }: { readonly children: ReactNode }) {
  return (
    <div role="alert" className="rounded-lg border border-danger bg-danger-soft px-4 py-3 text-sm text-danger">
      {children}
    </div>
  );
}
