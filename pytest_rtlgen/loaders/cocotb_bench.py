"""A cocotb bench that a user wrote, as the harness that judges a problem's candidates.

Its files lie in the work folder as they do in the user's, so a bench that names the design by a path finds it there.
"""

import ast
from collections.abc import Sequence
from pathlib import PurePosixPath

from pytest_rtlgen.records import BenchRule, CocotbHarness, HarnessCommand, SourceFile

VERILOG = (".v", ".sv")
_FOLDER = "verif"
"""Where the files are, below the container's ``/code``."""
_RUNNER = "rtlgen_runner/test_with_cocotb.py"
_RUNNER_TEXT = '''\
"""Compiles the design and starts the bench, which has no pytest test of its own that does."""

from pathlib import Path

from cocotb_tools.runner import get_runner

FOLDER = Path(__file__).parents[1]


def test_with_cocotb():
    runner = get_runner({simulator!r})
    sources = [FOLDER / name for name in {sources!r}]
    runner.build(sources=sources, hdl_toplevel={top!r}, build_dir=FOLDER / "sim_build")
    runner.test(hdl_toplevel={top!r}, test_module={module!r}, test_dir=FOLDER / {folder!r})
'''


def make_cocotb_bench(
    test: SourceFile,
    files: Sequence[SourceFile],
    *,
    design: str,
    top: str,
    solution: str = "",
    simulator: str = "icarus",
) -> CocotbHarness:
    """Return the harness that runs ``test``, with ``files`` beside it and a candidate as the file ``design``.

    All are named by their paths in one folder. A test file with a pytest test of its own is run by pytest as it is, and
    starts the simulator itself, with ``cocotb_tools.runner`` or ``cocotb_test.simulator``; one of cocotb tests alone is
    started on ``simulator``, with ``top`` as its design. ``solution`` is a text that passes; empty: none is known.

    Raises:
        SyntaxError: ``test`` is no Python.

    >>> bench = SourceFile(name="test_inverter.py", text="import cocotb")
    >>> made = make_cocotb_bench(bench, [], design="inverter.sv", top="inverter")
    >>> made.targets, made.commands[0].arguments[-1]
    (('verif/inverter.sv',), '/code/verif/rtlgen_runner/test_with_cocotb.py')
    """
    sources = [file.name for file in files if PurePosixPath(file.name).suffix in VERILOG]
    path = PurePosixPath(test.name)
    started, brought = test.name, [test, *files]
    if not has_pytest_test(test):
        text = _RUNNER_TEXT.format(
            simulator=simulator, sources=[*sources, design], top=top, module=path.stem, folder=str(path.parent)
        )
        started = _RUNNER
        brought.append(SourceFile(name=_RUNNER, text=text))
    folders = dict.fromkeys(str(PurePosixPath("/code", _FOLDER, name).parent) for name in (test.name, "."))
    command = HarnessCommand(
        module="pytest",
        arguments=("-q", "-p", "no:cacheprovider", f"/code/{_FOLDER}/{started}"),
        folder=f"/code/{_FOLDER}",
        settings=(
            *(("PYTHONPATH", ":".join(folders)), ("SIM", simulator), ("RTLGEN_TIMESCALE", "1ns/1ps")),
            ("COCOTB_REWRITE_ASSERTION_FILES", path.name),  # what an assertion compared is in its message
        ),
    )
    return CocotbHarness(
        rule=BenchRule.COCOTB,
        files=(),
        context=tuple(map(_place, brought)),
        targets=(f"{_FOLDER}/{design}",),
        solution=(_place(SourceFile(name=design, text=solution)),) if solution else (),
        commands=(command,),
        top=top,
    )


def list_bench_files(harness: CocotbHarness) -> tuple[str, ...]:
    """Return the paths, in the user's folder, of the files that ``make_cocotb_bench`` was given."""
    names = (file.name.removeprefix(f"{_FOLDER}/") for file in harness.context)
    return tuple(name for name in names if name != _RUNNER)


def has_pytest_test(test: SourceFile) -> bool:
    """Return whether pytest finds a test in a file; cocotb's own tests are coroutines, which it does not collect.

    Raises:
        SyntaxError: it is no Python.

    >>> has_pytest_test(SourceFile(name="t.py", text="async def test_it(dut): ..."))
    False
    >>> has_pytest_test(SourceFile(name="t.py", text="def test_runner(): run()"))
    True
    """
    return any(
        (isinstance(node, ast.FunctionDef) and node.name.startswith("test"))
        or (isinstance(node, ast.ClassDef) and node.name.startswith("Test"))
        for node in ast.parse(test.text, test.name).body
    )


def _place(file: SourceFile) -> SourceFile:
    return SourceFile(name=f"{_FOLDER}/{file.name}", text=file.text)
