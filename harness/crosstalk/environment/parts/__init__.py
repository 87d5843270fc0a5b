"""Programs the reference system is run with: PostgreSQL, PgBouncer, HAProxy, the frontend."""
