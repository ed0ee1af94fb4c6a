"""What is known about published benchmarks: where they come from, how they ask and count, and their fingerprints.

Source: the repositories named below at the commits named below; their licence files and readmes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One commit of one repository, and the folder that it is kept in."""

    folder: str
    """Name of its folder below a benchmarks folder."""
    url: str
    commit: str
    """Full commit id."""
    inner: str = ""
    """Folder of the repository that holds the benchmark; empty: the whole."""
    keep: tuple[str, ...] = ()
    """Names in there that are kept; empty: all but those that start with ``_`` or ``.``."""
    licence: str
    """SPDX name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark that a prefix names."""

    prefix: str
    title: str
    problems: int
    origin: Origin
    format: str
    prompt: str
    """How the benchmark asks."""
    metric: str
    """What its authors report."""
    known_bad: str
    """What its own scorer cannot judge, and where to read more."""
    is_sample: bool = False
    """The repository holds examples only: the same format with another digest is no mistake."""

    @property
    def digest(self) -> str:
        """``Suite.digest`` of the pinned commit; empty where none was recorded."""
        return DIGESTS.get(self.prefix, "")

    def locate(self, root: Path) -> Path:
        """Return what the loader is given when the benchmark is kept below ``root``."""
        return root / self.origin.folder


DIGESTS: Mapping[str, str] = {
    "verilog-eval-v1-human": "43787b0516f4531534f549f9de620bee5fac3276cafbef4e1a90505f6a452a48",
    "verilog-eval-v1-machine": "1f99f4b0eefcb638f1ee5a6315785695c0bc99839969271b65bfd5abd1fae311",
    "verilog-eval-v2": "ebebf9f1505252ac9b9bf132205aca6b1c72c0620ba2e8d104c4687a89a14898",
    "verilog-eval-v2-complete": "f12cf3d24e70e0a07f6449b89d0f8d77f150d2fcf4cb5840108c6d7a2f33b298",
    "rtllm-v1.1": "31e9174fb25b72943e8209efa823a76228a2b35b9a5e6d818900d25a578c82fd",
    "rtllm-v2": "563ff46179f5a651a99ff1e80a861c81c62ecd6caf24a3f9683bd64d520c8b5a",
    "cvdp": "8a75f41e783cb5de8833297da63dd3016203a951bb29f098aa269bc64181b683",
}
"""``Suite.digest`` of each benchmark at its commit; written by ``tests/benchmarks/suite_digests.py --write``."""

_VERILOG_EVAL = "https://github.com/NVlabs/verilog-eval"
_RTLLM = "https://github.com/hkust-zhiyao/RTLLM"
_VERILOG_EVAL_V1 = Origin(
    folder="verilog-eval-v1",
    url=_VERILOG_EVAL,
    commit="4fa0ac4ed70ff1685114c25cd2e4c17cbba6a0c4",
    keep=("data", "descriptions", "LICENSE"),
    licence="MIT",
)
_VERILOG_EVAL_V2 = Origin(
    folder="verilog-eval-v2",
    url=_VERILOG_EVAL,
    commit="c498220d0a52248f8e3fdffe279075215bde2da6",
    keep=("dataset_spec-to-rtl", "dataset_code-complete-iccad2023", "scripts", "LICENSE"),
    licence="MIT",
)
_V1_FORMAT = "JSON Lines: task_id, prompt (a module header), canonical_solution, test; descriptions beside them"
_V1_PROMPT = "completion of a module header, after the description in comments"
_V1_METRIC = "unbiased pass@1, @5, @10; any output of the compiler counts as a failure"
_V2_METRIC = "pass rate: the mean over problems of passed samples, each cut to whole per cent; n=20 or greedy n=1"
_RTLLM_FORMAT = "a folder a design: design_description.txt, testbench.v, verified_<name>.v, data files"
_RTLLM_PROMPT = "design_description.txt as it is"
_RTLLM_METRIC = "syntax and function, each pass@1 and passed by any of n=5; 'Pass' in the testbench's output"

BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark(
        prefix="verilog-eval-v1-human",
        title="VerilogEval v1, Human",
        problems=156,
        origin=_VERILOG_EVAL_V1,
        format=_V1_FORMAT,
        prompt=_V1_PROMPT,
        metric=_V1_METRIC,
        known_bad="154 of 156 references pass their bench on Icarus 11; the list is pytest_rtlgen/known_bad",
    ),
    Benchmark(
        prefix="verilog-eval-v1-machine",
        title="VerilogEval v1, Machine",
        problems=143,
        origin=_VERILOG_EVAL_V1,
        format=_V1_FORMAT,
        prompt=_V1_PROMPT,
        metric=_V1_METRIC,
        known_bad="143 of 143 references pass their bench on Icarus 11; the list is pytest_rtlgen/known_bad",
    ),
    Benchmark(
        prefix="verilog-eval-v2",
        title="VerilogEval v2, specification to RTL",
        problems=156,
        origin=_VERILOG_EVAL_V2,
        format="ProbNNN_name_prompt.txt, _ref.sv (RefModule), _test.sv (tb); order in problems.txt",
        prompt="chat: system line, Question and Answer, code between [BEGIN] and [DONE]; 0 to 4 shots, optional rules",
        metric=_V2_METRIC,
        known_bad="151 of 156 references pass their bench on Icarus 11; the list is pytest_rtlgen/known_bad",
    ),
    Benchmark(
        prefix="verilog-eval-v2-complete",
        title="VerilogEval v2, code completion",
        problems=156,
        origin=_VERILOG_EVAL_V2,
        format="as verilog-eval-v2, with the module header in ProbNNN_name_ifc.txt",
        prompt="chat: the description in comments and the module header, to be completed",
        metric=_V2_METRIC,
        known_bad="152 of 156 references pass their bench on Icarus 11; the list is pytest_rtlgen/known_bad",
    ),
    Benchmark(
        prefix="rtllm-v1.1",
        title="RTLLM v1.1",
        problems=29,
        origin=Origin(
            folder="rtllm-v1.1", url=_RTLLM, commit="f6d03dee61fd80b868eddc3bf3e675424726a68f", licence="MIT"
        ),
        format=_RTLLM_FORMAT,
        prompt=_RTLLM_PROMPT,
        metric=_RTLLM_METRIC,
        known_bad="26 of 29 references pass their bench on Icarus 11; the list is pytest_rtlgen/known_bad",
    ),
    Benchmark(
        prefix="rtllm-v2",
        title="RTLLM v2.0",
        problems=50,
        origin=Origin(folder="rtllm-v2", url=_RTLLM, commit="41b26896e33b536940116a975626455eed3de65e", licence="MIT"),
        format=f"{_RTLLM_FORMAT}; in folders by category, whose names hold spaces",
        prompt=_RTLLM_PROMPT,
        metric=_RTLLM_METRIC,
        known_bad="46 of 50 references pass their bench on Icarus 11; the list is pytest_rtlgen/known_bad",
    ),
    Benchmark(
        prefix="rtllm-v2.1",
        title="RTLLM v2.1",
        problems=50,
        origin=Origin(
            folder="rtllm-v2.1", url=_RTLLM, commit="51ed553d0ffd32797a1a0a13e051656bf302c81f", licence="MIT"
        ),
        format=f"{_RTLLM_FORMAT}; in folders by category, as in v2.0",
        prompt=_RTLLM_PROMPT,
        metric=_RTLLM_METRIC,
        known_bad="not measured; it corrects descriptions and benches of v2.0 that are on the list",
    ),
    Benchmark(
        prefix="cvdp",
        title="CVDP v1.1.0, examples",
        problems=5,
        origin=Origin(
            folder="cvdp-example",
            url="https://github.com/NVlabs/cvdp_benchmark",
            commit="d54edc9c6d568f37cc58ae5c7e7cd1a6352405d2",
            inner="example_dataset",
            licence="Apache-2.0 (code) and CC-BY-4.0 (text)",
        ),
        format="JSON Lines, a cocotb harness in each record; whole set: nvidia/cvdp-benchmark-dataset, Hugging Face",
        prompt="chat: a system text for the category, then the record's prompt with its context files",
        metric="pass@1 over n=5, by the exit status of the harness; with a biased formula for k > 1",
        known_bad="categories that need a commercial simulator are collected as skipped",
        is_sample=True,
    ),
)
"""In the order of their publication."""


def find_benchmark(prefix: str) -> Benchmark | None:
    """Return the benchmark that ``prefix`` names, ``None`` when it is not known."""
    return next((benchmark for benchmark in BENCHMARKS if benchmark.prefix == prefix), None)
