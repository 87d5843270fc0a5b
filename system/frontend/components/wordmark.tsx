/** The name of the product with its mark; the mark alone on small screens when `short`. */
export function Wordmark({ short = false }: { readonly short?: boolean }) {
  return (
    <span className="inline-flex items-center gap-2.5 font-semibold tracking-tight">
      <svg aria-hidden="true" viewBox="0 0 32 32" className="size-7 shrink-0">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <g fill="none" className="stroke-on-accent" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round">
          <path d="M8 11h7M8 16h5M8 21h7" />
          <path d="m18 16.5 2.6 2.7 4.4-5.7" />
        </g>
      </svg>
      <span className={short ? "hidden sm:inline" : undefined}>Crosstalk</span>
    </span>
  );
}
