"""The released reward functions of CodeV-R1 and spec2RTL against our presets, on 200,000 random answers.

Give the checkouts; nothing of them is in this project:

    git clone https://github.com/IPRC-DIP/CodeV-R1 && git -C CodeV-R1 checkout 277ac46
    git clone https://github.com/NoahSabb/spec2RTL && git -C spec2RTL checkout 06a74f4
    PYTHONPATH=tests python tests/benchmarks/released_rules.py --codev-r1 CodeV-R1 --spec2rtl spec2RTL

Their functions are cut out of their files, as the files import verl, torch and peft. What they ask of the outside (the
equivalence check, Icarus, the cocotb test) is answered by the same seeded outcomes that our presets get; then a part of
the texts is compiled by Icarus, theirs as they start it and ours as a reward does. Prints the differences and the
digests of their answers, which ``tests/training/test_released_rules.py`` holds ours against.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.broken_designs import make_design
from support.our_rules import answer_codev_r1, answer_spec2rtl, reward_of_tier
from support.random_answers import COUNT, digest_all, make_answer, make_outcome

from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training.reward.presets import find_preset
from pytest_rtlgen.training.reward.spec2rtl import compile_alone, read_candidate

SHOWN = 5
_SCORE = Path("verl/verl/utils/reward_score")
_CODEV = (_SCORE / "codev.py", ("compute_score",)), (_SCORE / "codev_eval_toolkit/eval_codev.py", ("extract_verilog",))
_SPEC2RTL = (
    *("SOFT_FAIL_PATTERNS", "HARD_FAIL_PATTERNS", "REFUSAL_MARKERS"),
    *("extract_verilog", "iverilog_compile", "compute_reward"),
)


def cut_out(path: Path, names: Iterable[str], outside: Mapping[str, object]) -> dict[str, Any]:
    """Return what the file defines under ``names``, run with ``outside`` as all that it sees besides."""
    wanted = set(names)
    kept = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if _list_names(node) & wanted]
    found = dict(outside)
    exec(compile(ast.Module(body=kept, type_ignores=[]), str(path), "exec"), found)  # noqa: S102  the user's checkout
    missing = sorted(wanted - found.keys())
    if missing:
        raise SystemExit(f"{path}: does not define {', '.join(missing)}; check out the commit that is named above")
    return found


def _list_names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


@dataclass
class _Pickle:
    """Stands for the ground truth: one reference, called ``answer``."""

    def loads(self, data: object) -> dict[str, object]:
        return {"answer": data}


@dataclass
class Released:
    """The released functions, and what they were asked."""

    codev: dict[str, Any] = field(default_factory=dict)
    seen: list[str | None] = field(default_factory=list)

    def answer(self, number: int) -> tuple[str | None, float]:
        """Return what CodeV-R1's function reads of answer ``number``, and its reward where every design is right."""
        self.seen.clear()
        reward = self.codev["compute_score"](make_answer(number), b"")
        return self.seen[0], reward


def load_codev_r1(folder: Path) -> Released:
    released = Released()
    (scorer, names), (toolkit, tools) = _CODEV
    extract = cut_out(folder / toolkit, tools, {"re": re})["extract_verilog"]

    def watch(text: str) -> str | None:
        released.seen.append(extract(text))
        return released.seen[-1]

    outside = {
        "pickle": _Pickle(),
        "extract_verilog": watch,
        "verify_one_sample_wrapper": lambda pair: {"correct": bool(pair[1])},  # as theirs: no code is never right
    }
    released.codev = cut_out(folder / scorer, names, outside)
    return released


def load_spec2rtl(folder: Path) -> Callable[[int], tuple[str, float, float, float]]:
    """Return a function from an answer's number to what theirs read and give, as ``answer_spec2rtl`` has it."""
    outside = {"re": re, "os": os, "subprocess": subprocess, "tempfile": tempfile}
    plain = cut_out(folder / "scripts/train_grpo.py", _SPEC2RTL, outside)
    third = cut_out(folder / "scripts/train_grpo_v3.py", _SPEC2RTL, {**outside, "COCOTB_MODE": True})

    def answer(number: int) -> tuple[str, float, float, float]:
        text, outcome = make_answer(number), make_outcome(number)
        for module in (plain, third):
            module["iverilog_compile"] = lambda _: (outcome.is_compiled, outcome.log)
        third["cocotb_test"] = lambda *_: outcome.is_passed
        first, without, with_test = (
            plain["compute_reward"](text),
            third["compute_reward"](text),
            third["compute_reward"](text, "problem", "bench"),
        )
        if plain["extract_verilog"](text) != third["extract_verilog"](text):
            raise SystemExit("the two scripts of spec2RTL read answers differently; check out the commit named above")
        return plain["extract_verilog"](text), first, without, with_test

    return answer


def _tally(values: Iterable[object]) -> str:
    return ", ".join(f"{count} of {value}" for value, count in sorted(Counter(map(str, values)).items()))


def compare(name: str, theirs: Callable[[int], tuple[object, ...]], ours: Callable[[int], object], count: int) -> int:
    """Print how many answers differ, some of them, and the digest of theirs; return how many differ."""
    different = 0
    rewards: list[object] = []

    def walk() -> Iterator[object]:
        nonlocal different
        for number in range(count):
            released, here = theirs(number), ours(number)
            if released != here:
                different += 1
                if different <= SHOWN:
                    print(f"  {number}: {make_answer(number)!r}: released {released!r}, ours {here!r}")
            rewards.append(released[1:])
            yield released

    digest = digest_all(walk())
    print(f"{name}: {different} of {count} answers differ; sha256 of theirs {digest}")
    print(f"  rewards of theirs: {_tally(rewards)}")
    return different


def compare_with_icarus(folder: Path, count: int) -> int:
    """Print and return how many of ``count`` broken designs the released function and ours put in other tiers."""
    outside = {"re": re, "os": os, "subprocess": subprocess, "tempfile": tempfile}
    theirs = cut_out(folder / "scripts/train_grpo.py", _SPEC2RTL, outside)["compute_reward"]
    sandbox, preset, different = choose_sandbox(SandboxMode.AUTO), find_preset("spec2rtl"), 0
    rewards = []
    for number in range(count):
        text = f"```verilog\n{make_design(number)}\n```"
        source = read_candidate(text).source
        tier = compile_alone(source, sandbox=sandbox, limits=Limits()) if source else None
        released, here = theirs(text), reward_of_tier(preset, tier, text)
        rewards.append(released)
        if released != here:
            different += 1
            print(f"  design {number}: {text!r}: released {released}, ours {here}")
    print(f"spec2rtl with Icarus: {different} of {count} designs differ; theirs: {_tally(rewards)}")
    return different


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codev-r1", metavar="FOLDER", type=Path, help="a checkout of CodeV-R1")
    parser.add_argument("--spec2rtl", metavar="FOLDER", type=Path, help="a checkout of spec2RTL")
    parser.add_argument("--count", metavar="N", type=int, default=COUNT, help="random answers (default: %(default)s)")
    parser.add_argument(
        "--icarus", metavar="N", type=int, default=1000, help="designs to compile (default: %(default)s)"
    )
    args = parser.parse_args()
    if args.codev_r1 is None and args.spec2rtl is None:
        parser.error("name a checkout with --codev-r1 or --spec2rtl")
    different = 0
    if args.codev_r1 is not None:
        different += compare("codev-r1", load_codev_r1(args.codev_r1).answer, answer_codev_r1, args.count)
    if args.spec2rtl is not None:
        different += compare("spec2rtl", load_spec2rtl(args.spec2rtl), answer_spec2rtl, args.count)
        different += compare_with_icarus(args.spec2rtl, args.icarus)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
