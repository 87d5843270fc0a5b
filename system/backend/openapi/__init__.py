"""The OpenAPI document: its error responses, and the part that the frontend's types come from."""
