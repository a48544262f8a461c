"""The agencies that the window speaks to: one folder each, and one way to speak to all of them.

A new agency is a new folder with `agency.toml`, `adapter.py` and `stub.py`; nothing here knows
their names. Nothing in this package knows the window either: values go in, values come out.
"""
