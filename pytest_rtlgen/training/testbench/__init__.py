"""A bench written out for those who run benches themselves."""
