"""Programs that the reference system runs with: PostgreSQL, PgBouncer, HAProxy, the frontend."""
