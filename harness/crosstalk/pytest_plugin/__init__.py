"""`pytest --crosstalk-target crosstalk.toml`: one test for each operation and oracle."""
