"""What the usual and the middle way have in common: tables, rules, plan, and how they are started.

Both use the window's own rules, schemas, adapters and broker, and the same simulated agencies.
They do less than the window: nothing is encrypted, no original is kept, no history is hashed, no
line is named, and a killed worker loses what it held.
"""
