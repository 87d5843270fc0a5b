"""What every surface over HTTP shares: exchange, headers, event streams, delivery."""
