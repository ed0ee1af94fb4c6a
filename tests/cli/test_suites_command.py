"""``suites``: what it lists and explains, what it fetches, and how it ends."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_rtlgen.cli import main
from pytest_rtlgen.loaders import catalogue
from pytest_rtlgen.loaders.catalogue import BENCHMARKS, Benchmark

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "fixtures" / "benchmarks"
FIXTURE = BENCH / "verilog-eval-v2"


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print as into a file, where no line is too long."""
    monkeypatch.delenv("COLUMNS")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that benchmarks are looked for in; it holds none."""
    monkeypatch.setenv("RTLGEN_BENCHMARKS", str(tmp_path / "root"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "root"


@pytest.fixture
def repository(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a git repository of the small copy what the catalogue knows as VerilogEval v2."""
    del root
    folder = tmp_path / "repository"
    shutil.copytree(FIXTURE, folder)
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    for argv in (("init", "-q"), ("add", "."), ("commit", "-qm", "all")):
        subprocess.run(["git", *identity, "-C", str(folder), *argv], check=True)
    head = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    put_benchmarks(monkeypatch, commit=head, url=f"file://{folder}")
    return folder


def put_benchmarks(monkeypatch: pytest.MonkeyPatch, **origin: str) -> None:
    def pin(benchmark: Benchmark) -> Benchmark:
        return replace(benchmark, origin=replace(benchmark.origin, **origin))  # type: ignore[arg-type]

    known = tuple(pin(item) if item.prefix == "verilog-eval-v2" else item for item in BENCHMARKS)
    monkeypatch.setattr(catalogue, "BENCHMARKS", known)


def test_the_list_says_what_there_is_and_where(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "rtllm-v2").mkdir(parents=True)
    assert main(["suites"]) == 0
    out = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line}
    assert rows["rtllm-v2"] == [
        "rtllm-v2", "50", "MIT", "41b2689", "https://github.com/hkust-zhiyao/RTLLM", str(root / "rtllm-v2"),
    ]  # fmt: skip
    assert rows["verilog-eval-v1-machine"][-1] == "no"
    assert f"looked in {root}, " in out
    assert "references:FILE" in out


def test_the_list_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "verilog-eval-v2").mkdir(parents=True)
    assert main(["suites", "--json"]) == 0
    rows = {row["prefix"]: row for row in json.loads(capsys.readouterr().out)["benchmarks"]}
    assert list(rows) == [benchmark.prefix for benchmark in BENCHMARKS]
    assert rows["verilog-eval-v2"] == {
        "prefix": "verilog-eval-v2",
        "title": "VerilogEval v2, specification to RTL",
        "problems": 156,
        "licence": "MIT",
        "url": "https://github.com/NVlabs/verilog-eval",
        "commit": "c498220d0a52248f8e3fdffe279075215bde2da6",
        "digest": catalogue.DIGESTS["verilog-eval-v2"],
        "folder": str(root / "verilog-eval-v2"),
    }
    assert rows["rtllm-v1.1"]["folder"] is None


def test_explain_names_format_prompt_metric_and_the_way_to_get_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del root
    assert main(["suites", "explain", "verilog-eval-v2"]) == 0
    lines = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert list(lines) == [
        "title", "problems", "format", "prompt", "metric", "known bad", "licence", "from", "digest", "here", "run",
    ]  # fmt: skip
    assert lines["from"].strip() == (
        "https://github.com/NVlabs/verilog-eval, commit c498220d0a52248f8e3fdffe279075215bde2da6"
    )
    assert "151 of 156" in lines["known bad"]
    assert lines["here"].strip() == "no; rtlgen suites fetch verilog-eval-v2"


@pytest.mark.usefixtures("repository")
def test_fetch_gets_counts_and_compares(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["suites", "fetch", "verilog-eval-v2"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"verilog-eval-v2:{root / 'verilog-eval-v2'}: 2 problems"
    assert ": another dataset than commit " in out[1]
    found = out[1].partition("found ")[2].partition(";")[0]
    monkeypatch.setitem(catalogue.DIGESTS, "verilog-eval-v2", found)
    assert main(["suites", "fetch", "verilog-eval-v2"]) == 0
    done = capsys.readouterr()
    assert done.err == f"{root / 'verilog-eval-v2'}: there already, not fetched again; remove it for a fresh one\n"
    assert f": digest {found}, as at commit " in done.out
    assert main(["suites", "check", f"verilog-eval-v2:{root / 'verilog-eval-v2'}"]) == 0


def test_fetch_from_elsewhere_to_elsewhere(
    repository: Path, tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["suites", "fetch", "verilog-eval-v2", "--from", str(repository), "--to", str(tmp_path / "to")]) == 1
    assert capsys.readouterr().out.startswith(f"verilog-eval-v2:{tmp_path / 'to' / 'verilog-eval-v2'}: 2 problems\n")
    assert not root.exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["explain", "rtlm"],
            "error: rtlm: no known benchmark; did you mean rtllm-v2?; known are verilog-eval-v1-human, ",
        ),
        (["fetch", "references"], "error: references: no known benchmark; known are "),
        (["fetch"], "error: the following arguments are required: PREFIX; see "),
        (["fetch", "cvdp", "--from", "gone.zip"], "error: gone.zip: not there, or not a folder with a checkout, "),
        (["check", "verilog-eval-v2:gone"], "error: gone: cannot be read: No such file or directory; expected "),
        (["verify"], "error: argument ACTION: invalid choice: 'verify'"),
    ],
)
@pytest.mark.usefixtures("root")
def test_what_cannot_be_meant(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suites", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_check_counts_what_cannot_be_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suites", "check", f"references:{BENCH / 'references' / 'salv.json'}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("salv.json: 2 problems, 1 of them cannot be judged")
    assert (
        lines[1]
        == "  1 x the reference differs from port_names: it has no b; it has besides z; it turns round a (input)"
    )
    assert lines[2].endswith("; none is recorded to compare it with")


def test_check_shows_the_most_common_reasons_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = '{{"instruction": "Q", "reference": "module {} (\x7f;", "problem_id": "{}"}}\n'
    (tmp_path / "a.jsonl").write_text("".join(row.format("m" * 300, number) for number in range(8)))
    assert main(["suites", "check", f"references:{tmp_path / 'a.jsonl'}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert lines[6] == "  and 3 other reasons"
    assert all(len(line) < 170 for line in lines[1:6])
