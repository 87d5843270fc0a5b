"""One pass of the sweep: who act, and each of its steps."""
