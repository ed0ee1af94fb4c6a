"""Run a program under Landlock and seccomp, for machines that give no namespaces.

``python -I -S -B confine.py POLICY PROGRAM ...``, where POLICY is JSON: ``readable`` (paths), ``scratch`` (the writable
folder, or null for a fresh one in ``temporary``), ``token`` (stands for that folder in the environment and arguments),
``env``, and ``filter`` (base64 of ``seccomp.render_filter``). Exit status as a shell gives it; 97: could not be
confined, so it was not run.

Three processes: the *gate* holds the harness's process id and dies with it; the *keeper* outlives a killed gate for as
long as it takes to end every process that the program started and to remove the fresh folder; the *program*.

Source: https://docs.kernel.org/userspace-api/landlock.html, linux/landlock.h.
"""

import base64
import contextlib
import ctypes
import json
import os
import signal
import struct
import sys
from typing import Any, NoReturn

NOT_CONFINED = 97
_SIGNAL_BASE = 128
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 24, 22, 36, 38
_SECCOMP_MODE_FILTER = 2
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION_3 = 0x20080522
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_RIGHTS_BY_ABI = ((1, 13), (2, 14), (3, 15), (5, 16))
"""(version, number of rights on files that it knows)."""
_NET_ABI, _SCOPE_ABI = 4, 6
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin", "/etc/ld.so.cache")

_libc = ctypes.CDLL(None, use_errno=True)


def read_landlock_abi() -> int:
    """Return the version of Landlock that the kernel offers; 0: none."""
    try:
        return _syscall(_CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def main(policy_text: str, argv: list[str]) -> NoReturn:
    """Confine ``argv``, wait for it, clean up, and end with its exit status."""
    policy = json.loads(policy_text)
    harness = os.getppid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != harness:
        os._exit(NOT_CONFINED)
    gate = os.getpid()
    if os.getpgrp() != gate:
        os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGCHLD))
    keeper = os.fork()
    if keeper == 0:
        _keep(policy, argv, gate)
    os.closerange(3, _count_descriptors())
    os._exit(_read_status(os.waitpid(keeper, 0)[1]))


def _keep(policy: dict[str, Any], argv: list[str], gate: int) -> NoReturn:
    status = NOT_CONFINED
    folder = None
    try:
        os.setpgid(0, 0)  # out of the group that the harness kills
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        _list_children()  # without /proc it could not clean up: say so before anything runs
        if os.getppid() == gate:
            folder = None if policy["scratch"] else _make_folder(policy["temporary"])
            scratch: str = folder or policy["scratch"]
            program = os.fork()
            if program == 0:
                _become(policy, argv, scratch, gate)
            os.closerange(3, _count_descriptors())
            status = _await_end(program)
    except OSError as error:
        os.write(2, f"confine: {error}\n".encode())
    finally:
        _end_everything()
        if folder is not None:
            import shutil  # only now: loading it costs every start 10 ms

            shutil.rmtree(folder, ignore_errors=True)
        os._exit(status)


def _await_end(program: int) -> int:
    """Return the program's exit status, or anything once the gate is gone; reap whatever else ends meanwhile."""
    while True:
        if signal.sigwait((signal.SIGTERM, signal.SIGCHLD)) == signal.SIGTERM:
            return NOT_CONFINED
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == program:
                return _read_status(status)
            if pid == 0:
                break


def _end_everything() -> None:
    """Kill every process below this one. Orphans become its children, so in the end there are none."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        for pid in _list_children():
            os.kill(pid, signal.SIGKILL)
        os.waitpid(-1, 0)


def _list_children() -> list[int]:
    me = str(os.getpid()).encode()
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208  pathlib would cost every start 10 ms
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stream:  # noqa: PTH123
                    is_child = stream.read().rpartition(b")")[2].split()[1] == me
            except OSError:
                continue
            found += [int(name)] if is_child else []
    return found


def _make_folder(parent: str) -> str:
    folder = os.path.join(parent, f"rtlgen-{os.urandom(8).hex()}")  # noqa: PTH118
    os.mkdir(folder, 0o700)  # noqa: PTH102
    return folder


def _become(policy: dict[str, Any], argv: list[str], scratch: str, gate: int) -> NoReturn:
    """Give everything up, then run the program. Whatever fails, the program is not run."""
    try:
        os.setpgid(0, gate)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.chdir(scratch)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _restrict_files(policy["readable"], scratch)
        _drop_capabilities()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a program would inherit that
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        _filter_calls(base64.b64decode(policy["filter"]))
        env = {name: _place(value, policy["token"], scratch) for name, value in policy["env"].items()}
        os.execvpe(argv[0], [_place(part, policy["token"], scratch) for part in argv], env)  # noqa: S606  no shell is meant
    except OSError as error:
        os.write(2, f"confine: {argv[0]}: {error}\n".encode())
    finally:
        os._exit(NOT_CONFINED)


def _place(text: str, token: str, scratch: str) -> str:
    is_below = text == token or text.startswith(token + "/")
    return scratch + text[len(token) :] if is_below else text


def _restrict_files(readable: list[str], scratch: str) -> None:
    abi = read_landlock_abi()
    if abi == 0:
        raise OSError("the kernel offers no Landlock")
    handled = (1 << max(count for version, count in _RIGHTS_BY_ABI if version <= abi)) - 1
    attributes = struct.pack("=QQQ", handled, 3 if abi >= _NET_ABI else 0, 3 if abi >= _SCOPE_ABI else 0)
    size = 24 if abi >= _SCOPE_ABI else 16 if abi >= _NET_ABI else 8
    ruleset = _syscall(_CREATE_RULESET, attributes, size, 0)
    for path in (*_SYSTEM, *readable):
        _allow(ruleset, path, _READ & handled)
    for path in _DEVICES:
        _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & handled)
    _allow(ruleset, scratch, _WRITE & handled)
    _syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):  # noqa: PTH112
        rights &= _OF_FILES
    rule = struct.pack("=Qi", rights, beneath)
    _syscall(_ADD_RULE, ruleset, 1, rule, 0)
    os.close(beneath)


def _drop_capabilities() -> None:
    """Give up what root may do beyond others; a user without privileges has nothing to give up."""
    for capability in range(_LAST_CAPABILITY + 1):
        with contextlib.suppress(OSError):
            _prctl(_PR_CAPBSET_DROP, capability)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _syscall(_CAPSET[os.uname().machine], header, b"\0" * 24)


def _filter_calls(program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, described)


def _prctl(option: int, *arguments: int | bytes) -> None:
    _check(_libc.prctl(ctypes.c_int(option), *map(_widen, (*arguments, 0, 0, 0, 0)[:4])))


def _syscall(number: int, *arguments: int | bytes | None) -> int:
    return _check(_libc.syscall(ctypes.c_long(number), *map(_widen, arguments)))


def _widen(argument: int | bytes | None) -> ctypes.c_long | bytes | None:
    """Return ``argument`` as the whole register that the kernel reads; a bare number would fill only half of it."""
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _read_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _SIGNAL_BASE - code


def _count_descriptors() -> int:
    return int(os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
