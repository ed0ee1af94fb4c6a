"""Values that a simulator calls unknown and a circuit knows, and tests for them that name no X."""

import itertools
import random
from collections.abc import Iterator

from support.fuzzing.changes import Change, pick
from support.fuzzing.facts import read_facts
from support.fuzzing.wrapping import wrap_module

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.interface import read_interface

SOURCES = {
    "a register never set": "reg fz_t;",
    "a register that keeps itself": "reg fz_t; always @(posedge {input}) fz_t <= fz_t;",
    "a register that inverts itself": "reg fz_t; always @(posedge {input}) fz_t <= ~fz_t;",
    "a register with an attribute": "(* init = 1'b0 *) reg fz_t;",
    "a kept register": "(* keep *) reg fz_t;",
    "a net undriven": "wire fz_t;",
    "a net that drives itself": "wire fz_t; assign fz_t = fz_t;",
    "a net of a gate": "wire fz_u; wire fz_t; buf fz_g (fz_t, fz_u);",
    "a memory never written": "reg fz_m [0:3]; wire fz_t; assign fz_t = fz_m[{input}];",
    "a latch never open": "reg fz_t; always @* if ({input} & ~{input}) fz_t = 1'b1;",
    "a bit out of range": "wire [1:0] fz_v; assign fz_v = 2'd1; wire fz_t; assign fz_t = fz_v[{input} + 3'd4];",
    "a division by zero": "wire fz_t; wire [1:0] fz_q; assign fz_q = 2'd3 / ({input} & ~{input}); assign fz_t = fz_q;",
    "a case without a default": "reg fz_t; always @* case ({input}) 2'd2: fz_t = 1'b1; endcase",
    "a function without a value": "function fz_f; input fz_i; ; endfunction wire fz_t; assign fz_t = fz_f({input});",
    "a parameter's x": "localparam [0:0] fz_p = 1'd1 / 1'd0; wire fz_t; assign fz_t = fz_p;",
    "two drivers": "wire fz_t; assign fz_t = {input}; assign fz_t = ~{input};",
}
"""Verilog that makes ``fz_t`` unknown for ever in a simulator; ``{input}`` is one bit of an input."""

EXPRESSIONS = {
    "is 1 or is 0": "(fz_t === 1'b1) | (fz_t === 1'b0)",
    "plus nothing is itself": "(fz_t + 1'b0) === fz_t",
    "and its inverse is 0": "(fz_t & ~fz_t) === 1'b0",
    "or its inverse is 1": "(fz_t | ~fz_t) === 1'b1",
    "xor itself is 0": "(fz_t ^ fz_t) === 1'b0",
    "equals itself": "(fz_t == fz_t) === 1'b1",
    "is not its inverse": "fz_t !== ~fz_t",
    "conditional": "(fz_t ? 1'b1 : ~fz_t) === 1'b1",
    "is below two": "({1'b0, fz_t} < 2'd2) === 1'b1",
    "counted ones": "($countones(fz_t) + $countones(~fz_t)) == 1",
    "one hot": "$onehot({fz_t, ~fz_t})",
    "wildcard equality": "(fz_t ==? 1'b1) === 1'b1 || (fz_t ==? 1'b0) === 1'b1",
    "inside": "(fz_t inside {1'b0, 1'b1}) === 1'b1",
    "case of another width": "{fz_t, 1'b0} === 2'b10 || {fz_t, 1'b0} === 2'b00",
    "reduction": "(|{fz_t, ~fz_t}) === 1'b1",
    "shift": "(2'b01 << fz_t) === 2'b01 || (2'b01 << fz_t) === 2'b10",
}
"""True of a ``fz_t`` that is 0 or 1, false where it is unknown."""

STATEMENTS = {
    "if, else if": "fz_bad = 1'b0; if (fz_t) fz_bad = 1'b1; else if (~fz_t) fz_bad = 1'b1;",
    "if equal": "fz_bad = 1'b0; if (fz_t == fz_t) fz_bad = 1'b1;",
    "if different": "fz_bad = 1'b0; if (fz_t != ~fz_t) fz_bad = 1'b1;",
    "case": "case (fz_t) 1'b0: fz_bad = 1'b1; 1'b1: fz_bad = 1'b1; default: fz_bad = 1'b0; endcase",
    "case of a constant": "case (1'b1) fz_t: fz_bad = 1'b1; ~fz_t: fz_bad = 1'b1; default: fz_bad = 1'b0; endcase",
    "casez": "casez ({fz_t, 1'b0}) 2'b1?: fz_bad = 1'b1; 2'b0?: fz_bad = 1'b1; default: fz_bad = 1'b0; endcase",
    "loop": "fz_bad = 1'b0; repeat ({1'b0, fz_t} + 2'd1) fz_bad = 1'b1;",
    "while": "fz_bad = 1'b0; for (fz_n = 0; fz_n < {1'b0, fz_t} + 2'd1; fz_n = fz_n + 1) fz_bad = 1'b1;",
    "memory index": "fz_lut[0] = 1'b0; fz_lut[1] = 1'b0; fz_lut[fz_t] = 1'b1; fz_bad = fz_lut[0] | fz_lut[1];",
    "vector index": "fz_vector = 2'b00; fz_vector[fz_t] = 1'b1; fz_bad = |fz_vector;",
}
"""Set ``fz_bad`` where ``fz_t`` is 0 or 1 and clear it where it is unknown."""

_NAMES = "reg fz_bad;\ninteger fz_n;\nreg [1:0] fz_vector;\nreg fz_lut [0:1];"
_EACH = 60
"""Pairs of an unknown value and a test, of each reference."""

HARMLESS = {
    "xor itself": "fz_t ^ fz_t",
    "and its inverse": "fz_t & ~fz_t",
    "itself": "fz_t",
}
"""What no test is made of: unknown in a simulator; the first two are 0 in every circuit."""


def list_unknown_changes(source: SourceFile, top: str, rng: random.Random) -> Iterator[Change]:
    """Yield references with one output inverted where something never set is 0 or 1, and with lost resets."""
    interface = read_interface(source, top)
    length = len(source.text.encode())
    tests = {name: f"wire fz_bad;\nassign fz_bad = {text};" for name, text in (EXPRESSIONS | HARMLESS).items()}
    tests |= {name: f"{_NAMES}\nalways @* begin {text} end" for name, text in STATEMENTS.items()}
    for made, test in pick(rng, itertools.product(SOURCES, tests), _EACH):
        read, inverted = rng.choice(interface.inputs), rng.choice(interface.outputs)
        declared = SOURCES[made].replace("{input}", read.name if read.width == 1 else f"{read.name}[0]")
        changed = {inverted.name: f"{{}} ^ {{{{{inverted.width}{{{{fz_bad}}}}}}}}"}
        text = wrap_module(source, top, outputs=changed, declarations=f"{declared}\n{tests[test]}")
        yield Change(operator=f"{made}: {test}", edits=((0, length, text),), is_wrong=test not in HARMLESS)
    yield from _lose_resets(source, top)


def _lose_resets(source: SourceFile, top: str) -> Iterator[Change]:
    """Yield references in which one register is not reset, or lost another first assignment of its process."""
    code = source.text.encode()
    for module in read_facts(source, top):
        for process in module.processes:
            seen: set[str] = set()
            for name, start, end, _ in process.assignments:
                if process.is_edge and name not in seen:
                    first, last = code.rindex(name.encode(), 0, start), code.index(b";", end)
                    yield Change(operator="a register not reset", edits=((first, last, ""),))
                seen.add(name)
