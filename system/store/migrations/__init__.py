"""Alembic revisions. They run as the owner role and are the only thing that creates tables."""
