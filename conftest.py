"""Test-wide settings of this repository."""

pytest_plugins = ["pytester"]
