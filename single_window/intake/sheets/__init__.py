"""Spreadsheets: templates derived from the schema, and sheets that come back filled in.

A sheet is told by its first cell, which names the message and, for lines, the group that repeats.
The rest of the first row names the fields as the schema does. Any later row whose first cell
begins with "#" is a remark; in all others the first cell holds a number that joins the lines to
their head. Sheets whose first cell begins with "#" are remarks as a whole.
"""
