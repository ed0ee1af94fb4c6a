"""What these tests are about are processes."""

import pytest


@pytest.fixture
def kept_processes() -> None:
    """Each helper process is started and ended here."""
