"""What completions cost, and where they stop."""
