"""What the usual and the middle way have in common: tables, rules, plan, and how they are started.

Both use the window's own rules, schemas, adapters and broker, and the same simulated agencies.
They keep the same: originals, what is sent, receipts, findings and events, personal data encrypted.
They promise less than the window: no history is hashed, no line is named, nothing is sent again as
the same bytes, and a killed worker loses what it held.
"""
