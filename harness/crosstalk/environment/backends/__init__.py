"""Ways to run the reference system: as processes, as containers, or attached to a running one."""
