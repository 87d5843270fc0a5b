"""The backend: REST, the agent and chat, behind verified bearer tokens."""
