"""Preferences output by output, and training on them."""
