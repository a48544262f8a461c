"""Account books as they are kept: one writer at a time, and only movements are the truth."""
