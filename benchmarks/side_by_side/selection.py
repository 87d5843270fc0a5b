"""Selection of planted leaks for the comparison: some of each class of the catalog."""

MUTANTS = (
    "get-without-filter",
    "list-without-filter",
    "delete-without-filter",
    "page-total-counts-everybody",
    "argument-over-token",
    "path-over-token",
    "alg-none-accepted",
    "audience-not-checked",
    "tools-without-token",
    "connection-keeps-first-token",
    "stats-cache-without-user",
    "idempotency-key-without-user",
    "forbidden-tells-that-a-task-exists",
    "widely-copied-form",
    "thread-by-id-alone",
    "rls-off-on-one-table",
    "former-member-reads-a-task",
)
