"""Digests over the prompts of whole benchmarks: ours, and a restatement that shares no code with ours.

    python tests/benchmarks/prompt_digests.py [FOLDER]

FOLDER (default ../shared/benchmarks) holds the benchmarks. ``UPSTREAM`` was recorded by running the authors' own
scripts (verilog-eval c498220 ``sv-generate``, CodeV-R1 277ac46 ``prep_verilogeval.py``) over the pinned files, with
the chat client replaced by one that keeps what it is sent. The exit status is 1 when anything differs.
"""

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts import render_prompt

FOLDER = Path(__file__).parents[3] / "shared" / "benchmarks"
UPSTREAM = {
    ("verilog-eval-v2", "verilog-eval-v2-spec"): "674951e983d89425724e9559955aba931d29b6ff172cc07bf451d8c458949a1b",
    (
        "verilog-eval-v2-complete",
        "verilog-eval-v2-complete",
    ): "5f2833c2c0696df425d7184c37dd40c6c5707c817a43c431c66b980714283188",
    ("verilog-eval-v2", "codev-r1"): "fbdc2dd8488717623afba37f707f9a5ac729297fe25d9a333f8fa7f80849a18c",
    ("verilog-eval-v2-complete", "codev-r1"): "4e66449f3a51842403e0fef1a69667a05e58b7c9fda383ab069e91b1ba9b8cc3",
    ("verilog-eval-v1-machine", "codev-r1"): "78c69eda9a228b008494a49e8d4308b741a09676abb01e815020c947b928726d",
    ("verilog-eval-v1-human", "codev-r1"): "86f69880f7363fd0e7b99ebfde617d39a115412dd1cd87bc8bbf1e7f6badd5d6",
    ("rtllm-v1.1", "codev-r1"): "0b5ef78f6e726778b19e1025428def7310012eaaedac99640f5ca2630ff63f11",
    ("rtllm-v2", "codev-r1"): "d1b8b89a85f78b422280b37d15acf46e7512752b4f2482d48008937c38717e69",
    ("rtllm-v1.1", "rtllm"): "192e076a053371d757e0dcbd1241aae6a73ae564c776650dc6ebfd86d437d501",
    ("rtllm-v2", "rtllm"): "4904e5f3cd530acd5bdc6e3869c1bfc0f74180dba9c2ce9e6e8aa77aba2b3136",
}
"""(suite, style) to the digest over (problem, messages), one JSON line each."""
HOMES = {"verilog-eval-v2-complete": "verilog-eval-v2"} | {
    f"verilog-eval-v1-{name}": "verilog-eval-v1" for name in ("machine", "human")
}

Row = tuple[str, list[tuple[str, str]]]


def digest(rows: Iterator[Row]) -> str:
    return sha256("".join(json.dumps(row) + "\n" for row in rows).encode()).hexdigest()


def list_ours(suite: str, style: str, folder: Path) -> Iterator[Row]:
    for problem in load_suite(f"{suite}:{folder / HOMES.get(suite, suite)}").problems:
        messages = render_prompt(problem, style).messages
        yield problem.problem_id, [(str(message.role), message.content) for message in messages]


def restate_spec(folder: Path) -> Iterator[Row]:
    """Yield VerilogEval v2's specification prompts, from its files alone."""
    root = folder / "verilog-eval-v2" / "dataset_spec-to-rtl"
    for path in sorted(root.glob("Prob*_prompt.txt")):
        system = "\nYou are a Verilog RTL designer that only writes code using correct Verilog syntax.\n"
        ending = (
            "Enclose your code with [BEGIN] and [DONE]. Only output the code snippet\nand do NOT output anything else."
        )
        user = f"\nQuestion:\n{path.read_text().strip()}\n\n{ending}\n\nAnswer:\n"
        yield path.name.removesuffix("_prompt.txt"), [("system", system), ("user", user)]


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    wrong = 0
    for (suite, style), recorded in UPSTREAM.items():
        is_same = digest(list_ours(suite, style, folder)) == recorded
        wrong += not is_same
        print(f"{suite:<26}{style:<26}{'same' if is_same else 'DIFFERENT'}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
