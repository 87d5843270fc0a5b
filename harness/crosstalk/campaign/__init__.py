"""One campaign from the first call to the verdict, and several of them merged into one."""
