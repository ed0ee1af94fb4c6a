"""The text around a proof: the module that drives the joint model, and what the prover's answers say."""

import re
from collections.abc import Iterator, Mapping, Sequence

Ports = Sequence[tuple[str, int]]
"""(name, width) in declared order."""
CHOICE_BITS = 8
"""Of the model's input that chooses the clock that moves; clocks are fewer."""
_DECIDED = re.compile(r"^(?P<proved>Proved output|Output) +(?P<index>[0-9]+) (?:in|was)", re.MULTILINE)


def render_top(
    inputs: Ports,
    clocks: Sequence[str] | None,
    start: Mapping[str, str],
    assumption: tuple[Sequence[str], str] | None = None,
) -> str:
    """Return the module that turns the model's free inputs, ``iN``, into those of both designs, ``oN``.

    They move as in our stimulus.
    With ``clocks`` a step either moves one clock or loads the other inputs, so no input ever moves with a clock edge;
    the first step loads. Without, one step is one cycle of the only clock. ``start`` holds the inputs' first values.
    ``assumption`` is lines and an expression that says what is assumed: ``counts`` is 0 from the first step without it.
    """
    ports = [f"input [{CHOICE_BITS - 1}:0] choose"]
    lines = [
        "reg is_later = 0;",
        "always @($global_clock) is_later <= 1;",
        f"wire [{CHOICE_BITS - 1}:0] move = is_later ? choose : {CHOICE_BITS}'d0;",
    ]
    for index, (name, width) in enumerate(inputs):
        ports += [f"input [{width - 1}:0] i{index}", f"output [{width - 1}:0] o{index}"]
        lines.append(f"wire [{width - 1}:0] \\free_{name} = i{index};")
        lines.append(f"wire [{width - 1}:0] \\driven_{name} ; assign o{index} = \\driven_{name} ;")
        if clocks is None:
            lines.append(f"assign \\driven_{name} = \\free_{name} ;")
            continue
        number = clocks.index(name) + 1 if name in clocks else 0
        after = f"~\\held_{name} " if number else f"\\free_{name} "
        lines += [
            f"reg [{width - 1}:0] \\held_{name} = {width}'b{start[name]};",
            f"assign \\driven_{name} = move == {CHOICE_BITS}'d{number} ? {after}: \\held_{name} ;",
            f"always @($global_clock) \\held_{name} <= \\driven_{name} ;",
        ]
    if assumption is not None:
        ports.append("output counts")
        lines += [
            *assumption[0],
            f"wire holds = {assumption[1]};",
            "reg is_broken = 0;",
            "always @($global_clock) is_broken <= is_broken | ~holds;",
            "assign counts = holds & ~is_broken;",
        ]
    return "\n".join((f"module rtlgen_top ({', '.join(ports)});", *lines, "endmodule\n"))


def render_assumed_instance(inputs: Sequence[str]) -> tuple[list[str], str]:
    """Return the lines that instantiate module ``rtlgen_assumed``, and what it says, for ``render_top``."""
    pins = [f".\\{name} (\\driven_{name} )" for name in inputs]
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
    """Return the model's inputs, step by step, from an AIGER witness; ``names`` the (name, bit) of each.

    Source: http://fmv.jku.at/papers/BiereHeljankoWieringa-FMV-TR-11-2.pdf (AIGER 1.9, section 5).
    """
    frames = []
    for line in witness.split()[3:-1]:
        values: dict[str, dict[int, str]] = {}
        for index, (name, bit) in names.items():
            values.setdefault(name, {})[bit] = line[index] if line[index] in "01" else "0"
        frames.append({name: "".join(bits[bit] for bit in sorted(bits, reverse=True)) for name, bits in values.items()})
    return frames
