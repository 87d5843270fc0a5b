"""Projects that are shared: who is a member, who is invited, and what members see and change.

A stranger is answered as if the project did not exist; a member without the right is refused.
"""
