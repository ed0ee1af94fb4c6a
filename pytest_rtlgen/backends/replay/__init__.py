"""Recorded answers, in the forms that others publish."""
