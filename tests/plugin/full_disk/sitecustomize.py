"""Makes every append to a completions file of the process fail as a full disk does."""

import os

_write = os.write


def write(descriptor: int, data: bytes) -> int:
    if os.readlink(f"/proc/self/fd/{descriptor}").endswith("completions.jsonl"):
        raise OSError(28, "No space left on device")
    return _write(descriptor, data)


os.write = write
