"""FX: is told which payment belongs to which released goods, and answers with a case number."""
