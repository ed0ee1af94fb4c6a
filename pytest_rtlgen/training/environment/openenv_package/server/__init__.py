"""The server's side of the package; it needs pytest-rtlgen."""
