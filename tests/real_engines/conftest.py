"""The random checkpoints, built once."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

if importlib.util.find_spec("vllm"):  # these are read when it is imported
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with ``chat``, ``base`` and ``adapter``."""
    folder = tmp_path_factory.mktemp("checkpoints")
    script = Path(__file__).with_name("tiny_checkpoint.py")
    subprocess.run([sys.executable, str(script), str(folder)], check=True, timeout=300, capture_output=True)
    return folder
