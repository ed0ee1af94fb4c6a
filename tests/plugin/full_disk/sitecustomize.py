"""Makes every append to a completions file of the process fail as a full disk does."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

_write = os.write


def write(descriptor: int, data: "Buffer") -> int:
    if Path(f"/proc/self/fd/{descriptor}").readlink().name == "completions.jsonl":
        raise OSError(28, "No space left on device")
    return _write(descriptor, data)


os.write = write
