"""A middle way: lxml validates, the ORM works in batches, a task carries up to 500 records.

What a good engineer writes who has met the usual way's limits and stays with the ORM.
"""
