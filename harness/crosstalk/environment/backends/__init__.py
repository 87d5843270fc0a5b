"""Ways to run the reference system: processes, containers, or one that runs already."""
