"""A tiny suite with recorded answers, in pytester's folder, and ways to run pytest on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from builders import COUNTER

AND2 = "module and2 (input a, input b, output y, output n);\n  assign y = a & b;\n  assign n = ~y;\nendmodule\n"
XOR2 = "module xor2 (input a, input b, output y);\n  assign y = a ^ b;\nendmodule\n"
SUITE = {"and2": (AND2, "gates", "easy"), "counter": (COUNTER, "registers", "medium"), "xor2": (XOR2, "gates", "easy")}
ANSWERS = {
    "and2": [AND2, AND2.replace("~y", "y"), "I cannot help with that."],
    "counter": [COUNTER, COUNTER.replace("4'd11", "4'd12"), COUNTER.replace("output wrap", "output wrapped")],
    "xor2": [XOR2.replace("^", "|"), XOR2.replace("^", "&"), XOR2.replace("a ^ b;", "a ^ b")],
}

Runner = Callable[..., pytest.RunResult]


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
def run(pytester: pytest.Pytester, suite: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Return a function that runs pytest, in a process of its own, on the suite with the recorded answers."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def runner(*arguments: str, model: str = "replay:answers", n: int = 3) -> pytest.RunResult:
        common = ["-p", "no:cacheprovider"] if "--lf" not in arguments else []
        options = [f"--rtlgen-model={model}", f"--rtlgen-n={n}", "--rtlgen-out=runs", "--rtlgen-jobs=1"]
        return pytester.runpytest_subprocess(*common, str(suite), *options, *arguments)

    return runner


def find_runs(root: Path) -> list[Path]:
    return sorted(path.parent for path in (root / "runs").glob("*/run.json"))
