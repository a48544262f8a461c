"""The HTTP API: what client programs of filers and agencies call."""
