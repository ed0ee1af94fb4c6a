"""A tiny suite with recorded answers, in pytester's folder, and ways to run pytest on it."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import COUNTER

for loaded_once in ("pytest_rtlgen.plugin.session", "pyslang"):  # pytester forgets what a run within it imports first
    importlib.import_module(loaded_once)

AND2 = "module and2 (input a, input b, output y, output n);\n  assign y = a & b;\n  assign n = ~y;\nendmodule\n"
XOR2 = "module xor2 (input a, input b, output y);\n  assign y = a ^ b;\nendmodule\n"
SUITE = {"and2": (AND2, "gates", "easy"), "counter": (COUNTER, "registers", "medium"), "xor2": (XOR2, "gates", "easy")}
ANSWERS = {
    "and2": [AND2, AND2.replace("~y", "y"), "I cannot help with that."],
    "counter": [COUNTER, COUNTER.replace("4'd11", "4'd12"), COUNTER.replace("output wrap", "output wrapped")],
    "xor2": [XOR2.replace("^", "|"), XOR2.replace("^", "&"), XOR2.replace("a ^ b;", "a ^ b")],
}

Runner = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the processes of pytest what nothing here is about: proofs, and importing hypothesis."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    monkeypatch.setenv("RTLGEN_FORMAL", "off")


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Path:
    """Write a suite ``mini`` and ``answers``: and2 and counter have one right answer of three, xor2 none."""
    root = pytester.path / "mini"
    for name, (reference, category, difficulty) in SUITE.items():
        folder = root / name
        folder.mkdir(parents=True)
        (folder / "problem.toml").write_text(
            f'title = "{name}"\ncategory = "{category}"\ndifficulty = "{difficulty}"\n'
        )
        (folder / "prompt.md").write_text(f"Write module {name}.\n")
        (folder / "reference.sv").write_text(reference)
        answers = pytester.path / "answers" / name
        answers.mkdir(parents=True)
        for index, text in enumerate(ANSWERS[name]):
            (answers / f"{index}-answer.md").write_text(
                text if "module" not in text else f"Sure.\n```verilog\n{text}```\n"
            )
    (root / "suite.toml").write_text('format = 1\nname = "mini"\ntitle = "Three small problems"\n')
    return root


@pytest.fixture
def run(pytester: pytest.Pytester, suite: Path) -> Runner:
    """Return a function that runs pytest on the suite with the recorded answers.

    It does so in this process, where everything is loaded, unless a test needs it ``apart``, in one of its own.
    """

    def runner(*arguments: str, model: str = "replay:answers", n: int = 3, apart: bool = False) -> pytest.RunResult:
        common = ["-p", "no:cacheprovider"] if "--lf" not in arguments else []
        options = [f"--rtlgen-model={model}", f"--rtlgen-n={n}", "--rtlgen-out=runs", "--rtlgen-jobs=1"]
        start = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return start(*common, str(suite), *options, *arguments)

    return runner


def find_runs(root: Path) -> list[Path]:
    return sorted(path.parent for path in (root / "runs").glob("*/run.json"))
