"""Matrix tools and Crosstalk on the five example systems with policies."""
