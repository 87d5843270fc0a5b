"""A score on small servers with planted leaks: what a tool finds, and what it reports by mistake.

The servers are in `tests/strangers/corpus`, a folder each, with a manifest that names no tool:
`manifest` reads it, `packages` and `server` start a server with its leaks on or off, and `matching`
says which planted leak a finding is. `campaign` is the one module that knows Crosstalk; another
tool is scored by a module like it. `python -m benchmarks.proving_ground` runs and prints all.
"""
