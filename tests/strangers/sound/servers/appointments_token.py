"""Prints the token of the user whose name is given."""

import hashlib
import sys

name = sys.argv[1]
print(f"{name}/{hashlib.sha256(f'clinic {name}'.encode()).hexdigest()[:12]}")
