"""Customs: takes the national messages as they are, and answers with the national receipts."""
