"""A bench written out for those who run their own."""
