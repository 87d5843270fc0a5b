"""HTTP as all surfaces use it: exchange, headers, content, event streams, delivery."""
