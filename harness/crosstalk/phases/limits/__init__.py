"""Limits as in production: a user uses one up, and another user's first call must be served.

The other phases call faster than any person, so that the reference system runs without its limits
for them. This one comes last, and has the system run with those that production has. A limit that
all users share is a way to lock the others out, and to see when they are at work.
"""
