"""The CPU time of a process in a sandbox, seen from outside. Source: proc_pid_stat(5)."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def find_last_child(pid: int) -> int:
    """Return the process at the end of the chain of only children that ``pid`` begins: a sandbox's own come first."""
    while len(children := _list_children(pid)) == 1:
        (pid,) = children
    return pid


def read_cpu_s(pid: int) -> float | None:
    """Return the seconds that ``pid`` has used itself; ``None``: it is gone, or the kernel does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    except (OSError, ValueError, IndexError):
        return None


def _list_children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        return []
