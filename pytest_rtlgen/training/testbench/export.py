"""A self-checking testbench made from a reference alone: one in plain Verilog, one for cocotb, for users to keep.

Both apply the checker's stimulus and compare with what the reference answered, by the checker's rule for X
(``check.compare``). Source: CodeV-R1's testbench generator (arXiv 2505.24183), whose error rate is kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError, StorageError, UsageError
from pytest_rtlgen.records import STEP_NS, list_ranges
from pytest_rtlgen.training.testbench.templates import BENCH, CHECK, COCOTB, COCOTB_TEST, MAKEFILE, RUNNER
from pytest_rtlgen.verilog.enclosure import is_enclosed
from pytest_rtlgen.verilog.lexical import spell_name

_ODD = re.compile(r"[^A-Za-z0-9_]+")
_COCOTB_TEST = "test_{}_with_cocotb_test.py"
_BEFORE_END = 0.001
"""How long before the end of a step outputs are looked at, in ns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedBench:
    """The texts of a bench."""

    name: str
    """The design's module, as part of file names."""
    files: tuple[tuple[str, str], ...]
    """(name, text)."""
    steps: int


def render_testbench(reference: PreparedReference, *, error_rate: float = 0.0) -> ExportedBench:
    """Return the files of a bench that passes while at most ``error_rate`` of its checks mismatch.

    A check is one output in one step in which the reference has a known bit there. Of several accepted references only
    this one counts.

    Raises:
        UsageError: ``error_rate`` is not between 0 and 1, the latency is open, or there is an ``inout`` or a black box.
        BadReferenceError: the reference is known with power-up values only, which a bench cannot put into a design.
    """
    if reference.powered_up is not None:
        module = reference.interface.module
        raise BadReferenceError(f"{module}: nothing loads its registers; add a reset or initial values for a bench")
    if reference.openings.latency is not None:
        valid = reference.openings.latency.valid
        raise UsageError(f"the latency of {valid!r} is open, but a bench compares step by step; check here instead")
    if not 0 <= error_rate < 1:
        raise UsageError(f"error rate {error_rate}: must be 0 or more and below 1")
    if is_enclosed(reference.interface):
        raise UsageError(f"{reference.interface.module}: a bench for an inout port or a black box cannot be exported")
    name = _ODD.sub("_", reference.interface.module)
    files = (
        (f"tb_{name}.v", _render_bench(reference, name, error_rate)),
        (f"test_{name}.py", _render_cocotb(reference, name, error_rate)),
        ("stimulus.mem", _render_rows(reference.stimulus.rows, reference.stimulus.width, reference.stimulus.steps)),
        ("expected.mem", _render_rows(reference.trace.rows, reference.trace.width, reference.stimulus.steps)),
        ("run_cocotb.py", _render_runner(RUNNER, reference, name)),
        (_COCOTB_TEST.format(name), _render_runner(COCOTB_TEST, reference, name)),
        ("Makefile", MAKEFILE.format(name=name)),
    )
    return ExportedBench(name=name, files=files, steps=reference.stimulus.steps)


def write_testbench(bench: ExportedBench, folder: Path) -> None:
    """Write the files of ``bench`` into ``folder``, which is made; files of the same names are replaced.

    Raises:
        StorageError: a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in bench.files:
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}; name another folder") from error


def _render_bench(reference: PreparedReference, name: str, error_rate: float) -> str:
    outputs = reference.interface.outputs
    width = max(1, reference.stimulus.width)
    return BENCH.format(
        name=name,
        module=spell_name(reference.interface.module),
        parameters=_set_parameters(reference),
        steps=reference.stimulus.steps,
        error_rate=f"{error_rate:.9f}",
        in_msb=width - 1,
        out_msb=reference.trace.width - 1,
        widest=max(port.width for port in outputs) - 1,
        last_output=len(outputs) - 1,
        connections=",\n".join(_connect(reference)),
        wait=f"{STEP_NS - _BEFORE_END:.3f}",
        rest=f"{_BEFORE_END:.3f}",
        checks="\n".join(
            CHECK.format(index=index, bits=bits, width=port.width)
            for index, (port, bits) in enumerate(list_ranges(outputs))
        ),
        reports="\n".join(f'    report({index}, "{_quote(port.name)}");' for index, port in enumerate(outputs)),
    )


def _render_cocotb(reference: PreparedReference, name: str, error_rate: float) -> str:
    return COCOTB.format(
        name=name,
        module=reference.interface.module,
        inputs="".join(f"    ({port.name!r}, {port.width}),\n" for port in reference.stimulus.inputs),
        outputs="".join(f"    ({port.name!r}, {port.width}),\n" for port in reference.interface.outputs),
        error_rate=error_rate,
        wait_ps=round((STEP_NS - _BEFORE_END) * 1000),
        rest_ps=round(_BEFORE_END * 1000),
        step_ns=STEP_NS,
    )


def _render_runner(template: str, reference: PreparedReference, name: str) -> str:
    parameters = {parameter.name: parameter.value for parameter in reference.interface.parameters}
    file = _COCOTB_TEST.format(name)
    return template.format(top=reference.interface.module, test=f"test_{name}", parameters=parameters, file=file)


def _set_parameters(reference: PreparedReference) -> str:
    """Return what sets the parameters that size ports, with a blank behind it; empty: there are none."""
    pairs = (f".{spell_name(parameter.name)}({parameter.value})" for parameter in reference.interface.parameters)
    return f"#({', '.join(pairs)}) " if reference.interface.parameters else ""


def _render_rows(rows: bytes, width: int, steps: int) -> str:
    """Return one line a step, most significant bit first; a design without inputs gets a bit that goes nowhere."""
    if not width:
        return "0\n" * steps
    text = rows.decode("ascii").lower()
    return "".join(f"{text[start : start + width]}\n" for start in range(0, steps * width, width))


def _connect(reference: PreparedReference) -> Iterator[str]:
    for ports, bus in ((reference.stimulus.inputs, "driven"), (reference.interface.outputs, "got")):
        for port, bits in list_ranges(ports):
            yield f"    .{spell_name(port.name)}({bus}{bits})"


def _quote(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
