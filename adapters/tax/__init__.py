"""Tax: is told what a released inventory owes, and answers with a filing number."""
