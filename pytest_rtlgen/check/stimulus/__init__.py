"""What a reference and its candidates are made to do, how far that reaches, and what inputs must keep to."""
