"""What a description leaves open: read as data, verified, and written into the text of a reference.

Nothing after this knows of most openings: a reference whose outputs are X where they do not count, or which stands
beside others that count as well, is compared as any other is.
"""

from pytest_rtlgen.openings.accepted import Accepted, list_accepted
from pytest_rtlgen.openings.apply import open_reference, wrap
from pytest_rtlgen.openings.read import Place, read_openings
from pytest_rtlgen.openings.verify import list_assumed, verify_openings

__all__ = [
    "Accepted",
    "Place",
    "list_accepted",
    "list_assumed",
    "open_reference",
    "read_openings",
    "verify_openings",
    "wrap",
]
