"""`crosstalk mcp`: the verifier as tools for coding agents, over MCP on standard input and output.

Each tool runs a verb of the command line as a process of its own and returns what a program reads,
cut to a length that a model can take. A tool reaches loopback addresses alone and starts no program
of a description, unless the person's own file allows it: what an agent writes into a description
must not send traffic to a stranger's server, nor start something outside the agent's sandbox.
"""
