"""Scripts for the project itself."""
