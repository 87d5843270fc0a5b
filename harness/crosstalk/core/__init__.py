"""The data that everything passes along, and nothing that calls, starts or prints."""
