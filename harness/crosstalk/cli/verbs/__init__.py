"""What the command line does, one module a verb; each returns the exit status."""
