"""Invented trades to try the window with: consistent ones, and ones spoiled on purpose."""
