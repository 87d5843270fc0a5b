"""Rules in which one caller acts on another's data, or without being allowed to act at all."""
