"""Numbers that a system gives to what users store, and what they tell of others."""
