"""The same design in other words: Yosys netlists written back, and sources renamed, reformatted and re-encoded."""

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.state_codes import find_new_codes

from pytest_rtlgen.records import Problem
from pytest_rtlgen.verilog.interface import find_instance
from pytest_rtlgen.verilog.rename import rename_module
from pytest_rtlgen.verilog.syntax import ParsedText, parse_text, walk_tokens

TIMEOUT_S = 120
_WORKER = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for line in sys.stdin.read().splitlines():
    design.run_pass(line)
"""
_SLANG, _PLAIN = "read_slang --top {top} given.sv", "read_verilog -sv given.sv"
_NETLISTS = {
    "gates": ("synth -flatten -top {top}",),
    "cells": ("synth -noabc -flatten -top {top}", "splitnets"),
}
_RESTYLE = ("proc -norom", "flatten", "opt -nodffe -nosdff", "fsm -encoding one-hot", "opt_clean")
_ENDS_OF_VALUE = {"Comma", "Semicolon", "CloseBrace", "CloseParenthesis"}
_BLANKS = (" ", "  ", "\t", "\n", " /* {} */ ", " // {}\n")


class RefusedError(Exception):
    """A tool cannot read the design, so nothing was rewritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A design in other words."""

    text: str
    changes: tuple[str, ...]
    """What was really changed: ``names``, ``layout``, ``state codes``, ``block style``, ``one-hot``, ``netlist``."""


def netlist(source: str, top: str, *, new_top: str, style: str = "gates") -> Rewritten:
    """Return the netlist that Yosys synthesizes from ``source``, with module ``top`` called ``new_top``.

    ``style``: ``gates`` (optimised by ABC), or ``cells`` (not optimised, every net a single bit).

    Raises:
        RefusedError: Yosys cannot read or synthesize it.
    """
    text, _ = _write_back(source, top, new_top, (_SLANG, _PLAIN), _NETLISTS[style])
    return Rewritten(text=text, changes=("netlist",))


def restyle(source: str, top: str, *, new_top: str, seed: int) -> Rewritten:
    """Return ``source`` as Yosys writes registers and logic apart, its state machines one-hot, then rewritten.

    The plain front end keeps ``in[sel]`` where slang makes a tree of multiplexers that takes Icarus minutes.

    Raises:
        RefusedError: Yosys cannot read it.
    """
    text, log = _write_back(source, top, new_top, (_PLAIN, _SLANG), _RESTYLE)
    changes = ["block style"]
    if "Recoding FSM" in log:
        changes.append("one-hot")
    again = rewrite(text, new_top, new_top=new_top, seed=seed)
    return Rewritten(text=again.text, changes=(*changes, *(item for item in again.changes if item not in changes)))


def rewrite(source: str, top: str, *, new_top: str, seed: int) -> Rewritten:
    """Return ``source`` with other inner names, layout, block keywords and state codes; module ``top`` is ``new_top``.

    Macros come out expanded and directives are left out. The same seed gives the same text.

    Raises:
        RefusedError: pyslang cannot read it.
    """
    chance = random.Random(seed)
    parsed = parse_text(source)
    if any(item.isError() for item in parsed.tree.diagnostics):
        raise RefusedError("pyslang finds a syntax error")
    codes = find_new_codes(parsed, top, chance)
    pieces = _Pieces(parsed.tree.root, codes).found
    kept = _list_ports(parsed, top)
    names = {top: new_top} | _make_names((item.text for item in pieces if item.is_name), {top, new_top, *kept}, chance)
    renamed = [names.get(item.text, item.text) if item.is_name else item.text for item in pieces]
    words = _swap_blocks(renamed)
    done = {"layout": True, "names": len(names) > 1, "state codes": bool(codes), "block style": words != renamed}
    return Rewritten(text=_lay_out(words, chance), changes=tuple(name for name, is_done in done.items() if is_done))


def _write_back(
    source: str, top: str, new_top: str, front_ends: tuple[str, ...], passes: tuple[str, ...]
) -> tuple[str, str]:
    """Return (text, log) of the first front end that reads it; an error ends pyosys' process, so each has its own."""
    reason = ""
    for front_end in front_ends:
        with tempfile.TemporaryDirectory(prefix="rtlgen-rewrite-") as name:
            folder = Path(name)
            (folder / "given.sv").write_text(source)
            lines = [front_end, "hierarchy -check -top {top}", *passes]
            lines += ["rename {top} {new_top}"] * (top != new_top)
            lines += ["write_verilog -noattr written.v"]
            done = subprocess.run(
                [sys.executable, "-c", _WORKER],
                input="\n".join(lines).format(top=top, new_top=new_top),
                capture_output=True,
                cwd=folder,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            if done.returncode == 0:
                return (folder / "written.v").read_text(), done.stdout
        errors = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line.lower()]
        reason = reason or (errors[0] if errors else f"exit status {done.returncode}")
    raise RefusedError(reason.strip())


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    is_name: bool = False


class _Pieces:
    """The words of a text in order; ``codes`` gives state constants, by the place of their name, other values."""

    def __init__(self, root: Any, codes: Mapping[int, str]) -> None:
        self.found: list[_Piece] = []
        self._codes = codes
        self._last = ""
        self._is_skipping = False
        walk_tokens(root, self._see)

    def _see(self, token: Any) -> None:
        kind, text = token.kind.name, str(token.rawText)
        if self._is_skipping and kind not in _ENDS_OF_VALUE:
            return
        self._is_skipping = False
        if self._last == "IntegerBase" or (kind == "IntegerBase" and self._last == "IntegerLiteral"):
            self.found[-1] = _Piece(self.found[-1].text + text)
        elif text:
            self.found.append(_Piece(text, is_name=kind == "Identifier"))
        self._last = kind
        code = self._codes.get(token.location.offset) if kind == "Identifier" else None
        if code is not None:
            self.found += [_Piece("="), _Piece(code)]
            self._is_skipping = True


def _list_ports(parsed: ParsedText, top: str) -> set[str]:
    instance = find_instance(parsed, top)
    if instance is None:
        raise RefusedError(f"pyslang finds no module {top}")
    return {str(port.name) for port in instance.body.portList}


def _make_names(names: Iterable[str], kept: set[str], chance: random.Random) -> dict[str, str]:
    """Return a new name for each of ``names``, the same everywhere; so a helper's ports and structs' members agree."""
    old = sorted(set(names) - kept)
    chance.shuffle(old)
    return {name: f"{chance.choice('abkqvw')}{place}_{chance.randrange(1000)}" for place, name in enumerate(old)}


def _swap_blocks(words: list[str]) -> list[str]:
    """Return ``words`` with always_comb for ``always @(*)`` and back, plain always for always_ff and back."""
    swapped: list[str] = []
    place = 0
    while place < len(words):
        found, size = _swap_block(words, place)
        swapped += found
        place += size
    return swapped


def _swap_block(words: list[str], place: int) -> tuple[list[str], int]:
    """Return what stands for the words at ``place``, and how many words that replaces."""
    match words[place : place + 5]:
        case ["always_comb", *_]:
            return ["always", "@", "(", "*", ")"], 1
        case ["always_ff", *_]:
            return ["always"], 1
        case ["always", "@", "(", "*", ")"]:
            return ["always_comb"], 5
        case ["always", "@", "*", *_]:
            return ["always_comb"], 3
        case ["always", "@", "(", _, _] if words[place + 4].isidentifier():
            is_clocked = words[place + 3] in {"posedge", "negedge"}
            return ["always_ff" if is_clocked else "always"], 1
        case _:
            return [words[place]], 1


def _lay_out(words: list[str], chance: random.Random) -> str:
    text = ["// rewritten\n"]
    for number, word in enumerate(words):
        blank = chance.choices(_BLANKS, weights=(20, 3, 1, 4, 1, 1))[0]
        text += [word, "\n" if word == ";" else blank.format(f"note {number}")]
    return "".join(text) + "\n"


FAMILIES: Mapping[str, Callable[[Problem, int], Rewritten]] = {
    "itself": lambda problem, seed: itself(problem),  # noqa: ARG005  the same whatever the seed
    "netlist, gates": lambda problem, seed: _netlist_of(problem, "gates", seed),
    "netlist, cells": lambda problem, seed: _netlist_of(problem, "cells", seed),
    "rewritten": lambda problem, seed: rewrite(
        problem.reference.text, problem.reference_top, new_top=problem.top, seed=seed
    ),
    "restyled": lambda problem, seed: restyle(
        problem.reference.text, problem.reference_top, new_top=problem.top, seed=seed
    ),
}
"""Each way to say a reference in other words, by name: (problem, seed) to text."""


def itself(problem: Problem) -> Rewritten:
    """Return the reference as it is, under the wanted name."""
    text = problem.reference.text
    if problem.reference_top != problem.top:
        text = rename_module(text, problem.reference_top, problem.top)
    return Rewritten(text=text, changes=())


def _netlist_of(problem: Problem, style: str, seed: int) -> Rewritten:
    del seed  # synthesis has none
    return netlist(problem.reference.text, problem.reference_top, new_top=problem.top, style=style)
