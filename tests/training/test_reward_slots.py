"""Slots: so many checks at once on the machine, over threads and processes, and none lost with a process that dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.training.reward.slots import Slots

HOLD = """\
import sys, time, pathlib
from pytest_rtlgen.training.reward.slots import Slots
with Slots(1, folder=pathlib.Path(sys.argv[1])).take():
    print("held", flush=True)
    time.sleep(60)
"""


def test_no_more_threads_than_slots_are_within(tmp_path: Path) -> None:
    slots = Slots(2, folder=tmp_path / "locks")
    lock, within, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal within, most
        with slots.take():
            with lock:
                within += 1
                most = max(most, within)
            time.sleep(0.05)
            with lock:
                within -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_another_process_counts_and_frees_its_slot_when_it_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    taken = threading.Event()

    def take() -> None:
        with Slots(1, folder=folder).take():
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert not taken.wait(0.3), "the slot of the other process was taken"
    os.kill(other.pid, signal.SIGKILL)
    assert taken.wait(5)
    thread.join()
    other.wait()
    other.stdout.close()


def test_the_folder_is_in_the_runtime_folder_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with Slots(1).take():
        pass
    assert (tmp_path / "pytest-rtlgen").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ToolError, match="locks: not this user's own folder; remove it"), Slots(1, folder=folder).take():
        pass


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "locks").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ToolError, match="not this user's own"), Slots(1, folder=tmp_path / "locks").take():
        pass


def test_there_is_at_least_one() -> None:
    with pytest.raises(UsageError, match="max_parallel is 0; use 1 or more"):
        Slots(0)
