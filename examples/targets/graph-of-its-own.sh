#!/bin/sh
# A knowledge graph in a new file below the folder given: for servers started once a session.
MEMORY_FILE_PATH=$(mktemp "$1/graph.XXXXXX") exec mcp-server-memory
