"""What can be seen of all declarations together."""
