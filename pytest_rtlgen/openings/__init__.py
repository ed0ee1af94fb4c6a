"""What a description leaves open: read as data, verified, and written into the text of a reference.

Nothing after this knows of most openings: a reference whose outputs are X where they do not count, or which stands
beside others that count as well, is compared as any other is.
"""

from pytest_rtlgen.openings.read import Place, read_openings

__all__ = ["Place", "read_openings"]
