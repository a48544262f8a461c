"""What decides: values in, values out; no database, no network, no clock."""
