"""The text around a proof: the module that plays the joint model, and what the prover's answers say."""

import re
from collections.abc import Iterator, Mapping, Sequence

Ports = Sequence[tuple[str, int]]
"""(name, width) in declared order."""
_OUTPUT = re.compile(rb"^o(?P<index>[0-9]+) bad_(?P<number>[0-9]+)$", re.MULTILINE)
_DECIDED = re.compile(r"^(?P<proved>Proved output|Output) +(?P<index>[0-9]+) (?:in|was)", re.MULTILINE)


def render_top(
    inputs: Ports,
    outputs: Ports,
    clocks: Sequence[str] | None,
    start: Mapping[str, str],
    assumption: tuple[Sequence[str], str] | None = None,
) -> str:
    """Return the module around the miter: it plays inputs as our stimulus does, and shows one bad bit an output.

    With ``clocks`` a step either moves one clock or loads the other inputs, so no input ever moves with a clock edge;
    the first step loads. Without, one step is one cycle of the only clock. ``start`` holds the inputs' first values.
    ``assumption`` is lines and an expression that says what is assumed: nothing is bad from the first step without it.
    """
    ports = ["input [7:0] choose", *(f"input [{width - 1}:0] \\free_{name} " for name, width in inputs)]
    ports += [f"output bad_{index:05}" for index in range(len(outputs))]
    lines = [
        "reg is_later = 0;",
        "always @($global_clock) is_later <= 1;",
        "wire [7:0] move = is_later ? choose : 8'd0;",
    ]
    for name, width in inputs:
        lines.append(f"wire [{width - 1}:0] \\play_{name} ;")
        if clocks is None:
            lines.append(f"assign \\play_{name} = \\free_{name} ;")
            continue
        number = clocks.index(name) + 1 if name in clocks else 0
        after = f"~\\held_{name} " if number else f"\\free_{name} "
        lines += [
            f"reg [{width - 1}:0] \\held_{name} = {width}'b{start[name]};",
            f"assign \\play_{name} = move == 8'd{number} ? {after}: \\held_{name} ;",
            f"always @($global_clock) \\held_{name} <= \\play_{name} ;",
        ]
    pins = [f".\\in_{name} (\\play_{name} )" for name, _ in inputs]
    excused = ""
    if assumption is not None:
        lines += [
            *assumption[0],
            f"wire holds = {assumption[1]};",
            "reg is_broken = 0;",
            "always @($global_clock) is_broken <= is_broken | ~holds;",
        ]
        excused = " & holds & ~is_broken"
    for index, (name, _) in enumerate(outputs):
        lines += [f"wire good_{index};", f"assign bad_{index:05} = ~good_{index}{excused};"]
        pins.append(f".\\cmp_{name} (good_{index})")
    head = f"module rtlgen_top ({', '.join(ports)});"
    return "\n".join((head, *lines, f"rtlgen_miter both ({', '.join(pins)});", "endmodule\n"))


def render_assumed_instance(inputs: Sequence[str]) -> tuple[list[str], str]:
    """Return the lines that instantiate module ``rtlgen_assumed``, and what it says, for ``render_top``."""
    pins = [f".\\{name} (\\play_{name} )" for name in inputs]
    return ["wire assumed;", f"rtlgen_assumed rtlgen_a({', '.join(pins)}, .rtlgen_holds(assumed));"], "assumed"


def render_rows(
    frames: Sequence[Mapping[str, str]], inputs: Ports, clocks: Sequence[str], start: Mapping[str, str]
) -> Iterator[str]:
    """Yield the stimulus row of each of ``frames`` (the model's inputs by name, a step each); arguments as above."""
    values = dict(start)
    for number, frame in enumerate(frames):
        move = int(frame["choose"], 2) if number else 0
        if move == 0:
            values.update({name: frame[f"free_{name}"] for name, _ in inputs if name not in clocks})
        elif move <= len(clocks):
            clock = clocks[move - 1]
            values[clock] = "10"[int(values[clock])]
        yield "".join(values[name] for name, _ in inputs)


def render_cycles(
    frames: Sequence[Mapping[str, str]], inputs: Ports, clock: str, start: Mapping[str, str]
) -> Iterator[str]:
    """Yield three rows a frame: the inputs move, the clock leaves the level that it has in ``start``, and returns."""
    for frame in frames:
        values = {name: frame[f"free_{name}"] for name, _ in inputs}
        levels = (start[clock], "10"[int(start[clock])], start[clock]) if clock else ("",)
        for level in levels:
            yield "".join(level if name == clock else values[name] for name, _ in inputs)


def neutralise(text: str) -> str:
    """Return ``text`` without the words that synthesis believes and simulation does not.

    An ``always_comb`` that does not assign in every case holds its value in simulation; Yosys would make it a loop.
    """
    text = re.sub(r"\balways_comb\b", "always @*", text)
    text = re.sub(r"\b(?:unique0?|priority)(?=\s+(?:case[xz]?|if)\b)", "", text)
    return re.sub(r"\b(?=(?:full|parallel)_case\b)", "rtlgen_", text)


def read_decided(log: str) -> tuple[set[int], set[int]]:
    """Return the numbers of the outputs that ABC's ``pdr -a`` proved, and of those it refuted."""
    proved, refuted = set[int](), set[int]()
    for found in _DECIDED.finditer(log):
        (proved if found["proved"] == "Proved output" else refuted).add(int(found["index"]))
    return proved, refuted


def read_frames(witness: str, names: Mapping[int, tuple[str, int]]) -> list[dict[str, str]]:
    """Return the model's inputs, step by step, from an AIGER witness; ``names`` is what ``read_map`` gives.

    Source: http://fmv.jku.at/papers/BiereHeljankoWieringa-FMV-TR-11-2.pdf (AIGER 1.9, section 5).
    """
    frames = []
    for line in witness.split()[3:-1]:
        values: dict[str, dict[int, str]] = {}
        for index, (name, bit) in names.items():
            values.setdefault(name, {})[bit] = line[index] if line[index] in "01" else "0"
        frames.append({name: "".join(bits[bit] for bit in sorted(bits, reverse=True)) for name, bits in values.items()})
    return frames


def read_map(text: str) -> dict[int, tuple[str, int]]:
    """Return (name, bit) by index of the inputs in the map that Yosys writes beside an AIGER file."""
    rows = (line.split(maxsplit=3) for line in text.splitlines())
    return {int(row[1]): (row[3], int(row[2])) for row in rows if row and row[0] == "input"}


def read_outputs(model: bytes) -> dict[int, int]:
    """Return, by an output's index in an AIGER file, the number in its name ``bad_<number>``: Yosys orders them anew.

    Source: http://fmv.jku.at/papers/Biere-FMV-TR-07-1.pdf (The AIGER format, symbol table).
    """
    return {int(found["index"]): int(found["number"]) for found in _OUTPUT.finditer(model)}
