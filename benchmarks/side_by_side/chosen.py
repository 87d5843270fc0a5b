"""The planted leaks that are put before every tool: some of each class of the catalog."""

MUTANTS = (
    "get-without-filter",
    "list-without-filter",
    "delete-without-filter",
    "search-or-precedence",
    "page-total-counts-everybody",
    "argument-over-token",
    "path-over-token",
    "alg-none-accepted",
    "audience-not-checked",
    "tools-without-token",
    "connection-keeps-first-token",
    "stats-cache-without-user",
    "task-cache-by-id",
    "idempotency-key-without-user",
    "forbidden-tells-that-a-task-exists",
    "foreign-key-without-owner",
    "widely-copied-form",
    "thread-by-id-alone",
    "memory-shared-by-all",
    "rls-off-on-one-table",
)
