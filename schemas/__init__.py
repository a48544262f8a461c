"""The published contract: message schemas, code tables and the values read from them."""
