"""Pages: their contents, their forms, and walks through them."""
