"""The hostile corpora, and what one case of them does to a checker."""

import contextlib
import ctypes
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.records import Candidate, Problem, SourceFile, Status, Verdict

OURS = Path(__file__).parents[2] / "fixtures" / "hostile"
SHARED = Path(__file__).parents[3] / "shared" / "hostile"
SHARED_2 = SHARED.with_name("hostile-2")
SECRET = "SECRETCANARY123"  # noqa: S105  it is meant to be looked for
SECRET_HEX = "deadbeef\n"  # noqa: S105  likewise
VERDICTS = {
    "pass": {Status.PASSED},
    "fail": {Status.MISMATCH, Status.EARLY_FINISH, Status.RUNTIME_ERROR},
    "timeout": {Status.TIMEOUT, Status.RESOURCE_LIMIT},
    "rejected": {Status.REJECTED},
    "compile_error": {
        *(Status.NO_CODE, Status.TRUNCATED, Status.SYNTAX_ERROR),
        *(Status.ELABORATION_ERROR, Status.INTERFACE_MISMATCH),
    },
}
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileCase:
    """One folder of a corpus."""

    folder: Path
    category: str
    top: str
    acceptable: frozenset[Status]

    @property
    def is_sound(self) -> bool:
        """Whether the candidate is a correct design, which must pass."""
        return self.acceptable == VERDICTS["pass"]

    @property
    def golden(self) -> str:
        """The reference's text."""
        return (self.folder / "golden.sv").read_text()

    def source(self, canary: str, golden: str) -> str:
        """Return the candidate's text with its two placeholders filled in."""
        text = (self.folder / "candidate.sv").read_bytes().decode("utf-8", "replace")
        return text.replace("@CANARY@", canary).replace("@GOLDEN@", golden)

    def pose(self) -> Problem:
        """Return the problem that the case pretends to solve."""
        return Problem(
            suite="hostile",
            problem_id=self.folder.name,
            title=self.folder.name,
            category=self.category,
            description="",
            top=self.top,
            reference=SourceFile(name=str(self.folder / "golden.sv"), text=self.golden),
            reference_top=self.top,
        )


def load_cases(corpus: Path) -> tuple[HostileCase, ...]:
    """Return the cases of ``corpus`` by name; none where the folder does not exist."""
    return tuple(_load_case(path.parent) for path in sorted(corpus.glob("*/expect.json")))


def _load_case(folder: Path) -> HostileCase:
    expected = json.loads((folder / "expect.json").read_text())
    return HostileCase(
        folder=folder,
        category=expected["category"],
        top=expected["top"],
        acceptable=frozenset().union(*(VERDICTS[name] for name in expected["acceptable_verdicts"])),
    )


def judge(checker: Checker, case: HostileCase, canary: Path) -> Verdict:
    """Return the checker's verdict on ``case``, whose secrets lie in ``canary``."""
    source = case.source(str(canary), str(case.folder / "golden.sv"))
    return checker.check(Candidate(source=source, rule="given"), case.pose())


def lay_canary(folder: Path) -> Path:
    """Fill ``folder`` with what no candidate may read or change, and return it."""
    folder.mkdir(exist_ok=True)
    (folder / "secret.txt").write_text(SECRET)
    (folder / "secret.hex").write_text(SECRET_HEX)
    return folder


def is_untouched(canary: Path) -> bool:
    """Whether the folder holds exactly what was laid there."""
    found = {path.name: path.read_text() for path in canary.iterdir()}
    return found == {"secret.txt": SECRET, "secret.hex": SECRET_HEX}


@contextlib.contextmanager
def adopt_orphans() -> Iterator[None]:
    """Within, processes that lose their parent become children of this one, so that none is overlooked."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def list_descendants() -> set[int]:
    """Return the living processes that this one, directly or not, has started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(entry.name)] = int(parent)
    found = {os.getpid()}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found - {os.getpid()}
        found |= more


def wait_for_end(allowed: set[int], *, most: int = 0, timeout_s: float = 5.0) -> set[int]:
    """Wait until at most ``most`` descendants besides ``allowed`` are left, and return those that are too many."""
    deadline = time.monotonic() + timeout_s
    while True:
        left = list_descendants() - allowed
        if len(left) <= most:
            return set()
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
