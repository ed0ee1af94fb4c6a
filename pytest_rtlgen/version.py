"""The version of this package, and that of the JSON documents that it prints."""

__version__ = "0.1.0"
SCHEMA_VERSION = 2
"""Rises when a key of a document is renamed, removed or changes its meaning; a new key alone does not raise it."""
