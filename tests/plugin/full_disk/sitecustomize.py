"""Makes every append to a completions file of the process fail as a full disk does."""

import os
from pathlib import Path

_write = os.write


def write(descriptor: int, data: bytes) -> int:
    if Path(f"/proc/self/fd/{descriptor}").readlink().name == "completions.jsonl":
        raise OSError(28, "No space left on device")
    return _write(descriptor, data)


os.write = write
