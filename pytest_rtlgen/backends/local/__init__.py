"""A small model served on this machine."""
