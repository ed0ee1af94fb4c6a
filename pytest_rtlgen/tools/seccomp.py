"""The system calls that a confined program may not make, as a seccomp filter.

Landlock guards the opening, creation and removal of files. The filter stops what goes past that: sockets, other
processes, changes of attributes, and the parts of the kernel in which most holes are found.

Source: linux/seccomp.h, linux/bpf_common.h, linux/audit.h; numbers from asm/unistd_64.h and asm-generic/unistd.h.
"""

import errno
import platform
import struct
from collections.abc import Iterator

_DENIED: tuple[tuple[str, int | None, int | None], ...] = (
    # other processes
    ("ptrace", 101, 117),
    ("process_vm_readv", 310, 270),
    ("process_vm_writev", 311, 271),
    ("process_madvise", 440, 440),
    ("process_mrelease", 448, 448),
    ("kcmp", 312, 272),
    ("migrate_pages", 256, 238),
    ("move_pages", 279, 239),
    ("pidfd_open", 434, 434),
    ("pidfd_getfd", 438, 438),
    ("pidfd_send_signal", 424, 424),
    # ways to talk to them; sockets also reach services through a path, which Landlock does not guard
    ("socket", 41, 198),
    ("shmget", 29, 194),
    ("shmat", 30, 196),
    ("shmctl", 31, 195),
    ("semget", 64, 190),
    ("semop", 65, 193),
    ("semctl", 66, 191),
    ("semtimedop", 220, 192),
    ("msgget", 68, 186),
    ("msgsnd", 69, 189),
    ("msgrcv", 70, 188),
    ("msgctl", 71, 187),
    ("mq_open", 240, 180),
    ("mq_unlink", 241, 181),
    ("vmsplice", 278, 75),
    # attributes of files, which Landlock does not guard
    ("chmod", 90, None),
    ("fchmod", 91, 52),
    ("fchmodat", 268, 53),
    ("chown", 92, None),
    ("lchown", 94, None),
    ("fchown", 93, 55),
    ("fchownat", 260, 54),
    ("setxattr", 188, 5),
    ("lsetxattr", 189, 6),
    ("fsetxattr", 190, 7),
    ("removexattr", 197, 14),
    ("lremovexattr", 198, 15),
    ("fremovexattr", 199, 16),
    ("utime", 132, None),
    ("utimes", 235, None),
    ("futimesat", 261, None),
    ("utimensat", 280, 88),
    ("truncate", 76, 45),
    ("mknod", 133, None),
    ("mknodat", 259, 33),
    ("name_to_handle_at", 303, 264),
    ("open_by_handle_at", 304, 265),
    # namespaces and mounts
    ("unshare", 272, 97),
    ("setns", 308, 268),
    ("chroot", 161, 51),
    ("pivot_root", 155, 41),
    ("mount", 165, 40),
    ("umount2", 166, 39),
    ("open_tree", 428, 428),
    ("move_mount", 429, 429),
    ("fsopen", 430, 430),
    ("fsconfig", 431, 431),
    ("fsmount", 432, 432),
    ("fspick", 433, 433),
    ("mount_setattr", 442, 442),
    # the machine
    ("init_module", 175, 105),
    ("finit_module", 313, 273),
    ("create_module", 174, None),
    ("delete_module", 176, 106),
    ("kexec_load", 246, 104),
    ("kexec_file_load", 320, 294),
    ("reboot", 169, 142),
    ("swapon", 167, 224),
    ("swapoff", 168, 225),
    ("acct", 163, 89),
    ("quotactl", 179, 60),
    ("quotactl_fd", 443, 443),
    ("sethostname", 170, 161),
    ("setdomainname", 171, 162),
    ("settimeofday", 164, 170),
    ("adjtimex", 159, 171),
    ("clock_settime", 227, 112),
    ("clock_adjtime", 305, 266),
    ("syslog", 103, 116),
    ("vhangup", 153, 58),
    ("iopl", 172, None),
    ("ioperm", 173, None),
    ("modify_ldt", 154, None),
    ("uselib", 134, None),
    # large and rarely needed parts of the kernel
    ("bpf", 321, 280),
    ("perf_event_open", 298, 241),
    ("userfaultfd", 323, 282),
    ("io_uring_setup", 425, 425),
    ("io_uring_enter", 426, 426),
    ("io_uring_register", 427, 427),
    ("fanotify_init", 300, 262),
    ("fanotify_mark", 301, 263),
    ("keyctl", 250, 219),
    ("add_key", 248, 217),
    ("request_key", 249, 218),
    ("memfd_secret", 447, 447),
    ("lookup_dcookie", 212, 18),
    ("personality", 135, 92),
)
"""(name, number on x86_64, number on aarch64), refused with EPERM."""
_UNKNOWN = (435, 437)
"""clone3 and openat2: their flags lie in memory, where a filter cannot look; libraries fall back to the older calls."""
_LAST_KNOWN = 451
"""Newer calls, and those of x32, are answered as an old kernel would."""
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine -> (column of the tables here, AUDIT_ARCH)."""
_CLONE, _IOCTL, _KILL, _OPEN, _OPENAT, _PRLIMIT, _SOCKETPAIR = (
    (56, 220), (16, 29), (62, 129), (2, None), (257, 56), (302, 261), (53, 199),
)  # fmt: skip
_CLONE_NEW = 0x7E020000
_O_TRUNC_AND_MODE, _O_TRUNC = 0x203, 0x200
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_AF_UNIX = 1

_LOAD, _AND, _JUMP_EQUAL, _JUMP_ABOVE, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_DENY = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
_PASS = (_RETURN, 0, 0, _ALLOW)

_Instruction = tuple[int, int, int, int]


def has_filter() -> bool:
    """Whether a filter is known for this machine's architecture."""
    return platform.machine() in _ARCHITECTURES


def render_filter(machine: str) -> bytes:
    """Return the filter for ``machine`` (``x86_64`` or ``aarch64``), an array of ``struct sock_filter``.

    Raises:
        KeyError: another architecture.
    """
    column, architecture = _ARCHITECTURES[machine]
    return b"".join(struct.pack("=HBBI", *line) for line in _list_instructions(column, architecture))


def _list_instructions(column: int, architecture: int) -> Iterator[_Instruction]:
    yield (_LOAD, 0, 0, 4)
    yield (_JUMP_EQUAL, 1, 0, architecture)
    yield (_RETURN, 0, 0, _KILL_PROCESS)
    yield (_LOAD, 0, 0, 0)
    yield (_JUMP_ABOVE, 0, 1, _LAST_KNOWN)
    yield (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    for number in _UNKNOWN:
        yield from _when(number, (_RETURN, 0, 0, _ERRNO | errno.ENOSYS))
    for _, *numbers in _DENIED:
        yield from _when(numbers[column], _DENY)
    yield from _when(_CLONE[column], *_deny_unless(0, _CLONE_NEW, 0))
    yield from _when(_SOCKETPAIR[column], *_deny_unless(0, 0xFFFFFFFF, _AF_UNIX))
    yield from _when(_PRLIMIT[column], *_deny_unless(0, 0xFFFFFFFF, 0))  # the limits of other processes
    yield from _when(_KILL[column], *_deny_if(0, 0xFFFFFFFF, 0xFFFFFFFF))  # every process of the user
    yield from _when(_IOCTL[column], *_deny_if(1, 0xFFFFFFFF, _TIOCSTI, _TIOCLINUX))  # typing into a terminal
    # Without the right to write, Landlock before version 3 lets a file be emptied.
    yield from _when(_OPEN[column], *_deny_if(1, _O_TRUNC_AND_MODE, _O_TRUNC, _O_TRUNC | 3))
    yield from _when(_OPENAT[column], *_deny_if(2, _O_TRUNC_AND_MODE, _O_TRUNC, _O_TRUNC | 3))
    yield _PASS


def _when(number: int | None, *body: _Instruction) -> Iterator[_Instruction]:
    """Yield ``body``, which must end with a return, for one system call."""
    if number is not None:
        yield (_JUMP_EQUAL, 0, len(body), number)
        yield from body


def _deny_unless(argument: int, mask: int, value: int) -> tuple[_Instruction, ...]:
    return (*_load(argument, mask), (_JUMP_EQUAL, 0, 1, value), _PASS, _DENY)


def _deny_if(argument: int, mask: int, *values: int) -> Iterator[_Instruction]:
    yield from _load(argument, mask)
    for value in values:
        yield (_JUMP_EQUAL, 0, 1, value)
        yield _DENY
    yield _PASS


def _load(argument: int, mask: int) -> tuple[_Instruction, ...]:
    """Return the loading of the low half of an argument; both architectures are little-endian."""
    return (_LOAD, 0, 0, 16 + 8 * argument), (_AND, 0, 0, mask)
