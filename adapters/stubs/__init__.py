"""Simulated agencies, one process each: they take messages over HTTP, keep books that survive a
kill, and post their receipts later, as the real ones do.

What an agency reads, echoes and decides stands in its `agency.toml` under `[stub]`; the numbers it
gives and the papers only it makes (the tax bill) stand in its `stub.py`. Everything else is here.
"""
