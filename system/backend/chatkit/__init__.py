"""The ChatKit protocol over the same conversations, agent and history as `/api/chat`."""
