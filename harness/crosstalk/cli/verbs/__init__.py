"""Verbs of the command line, one module each; each returns its exit code."""
