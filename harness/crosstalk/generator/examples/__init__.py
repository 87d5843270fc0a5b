"""Examples under way: what they share, what users store and read, and what comes first."""
