"""Who uses the window: organisations, people, keys of client programs, and what each may do."""
