"""Test-wide settings of this repository: the tests see none of the caller's own pytest-rtlgen settings."""

import os

for name in [name for name in os.environ if name.startswith("RTLGEN_")]:
    del os.environ[name]
