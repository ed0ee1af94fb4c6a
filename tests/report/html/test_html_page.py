"""The page as a file: one document, nothing loaded, data that can be read back, written whole or not at all."""

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from support.page_runs import ONLY_THERE, make_samples, save_page_run, save_repaired_run

from pytest_rtlgen.cli import main
from pytest_rtlgen.errors import StorageError
from pytest_rtlgen.report.html.write import write_page


class Reader(HTMLParser):
    """What a browser finds: elements, and the text of each script and style."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:  # within a script or a style
            self.texts[-1] += data

    def find(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(found, text) for (name, found), text in zip(self.tags, self.texts, strict=True) if name == tag]


def read_page(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="ascii"))
    return reader


def read_records(reader: Reader, name: str) -> list[Any]:
    chunks = [text for found, text in reader.find("script") if found.get("class") == f"chunk-{name}"]
    return [record for text in chunks for record in json.loads(zlib.decompress(base64.b64decode(json.loads(text))))]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return save_page_run(tmp_path / "runs").path


def write(run: Path, tmp_path: Path, *options: str) -> Reader:
    assert main(["report", str(run), f"--html={tmp_path}/deep/page.html", *options]) == 0
    return read_page(tmp_path / "deep" / "page.html")


def test_report_writes_it_and_says_where(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["report", str(run), "--html", str(page)]) == 0
    out, err = capsys.readouterr()
    assert "pass@1" in out
    assert err.splitlines()[-1] == f"open {page}"
    assert page.stat().st_size < 300_000


def test_without_the_option_there_is_no_page(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run)]) == 0
    assert "open" not in capsys.readouterr().err
    assert list(tmp_path.rglob("*.html")) == []


def test_one_script_runs_and_nothing_is_loaded(run: Path, tmp_path: Path) -> None:
    reader = write(run, tmp_path)
    scripts = reader.find("script")
    (script,) = (text for found, text in scripts if found.get("type") is None)
    assert {found["type"] for found, _ in scripts if "type" in found} == {"application/json"}
    (style,) = (text for _, text in reader.find("style"))
    (policy,) = (found["content"] for found, _ in reader.find("meta") if "http-equiv" in found)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not [found for _, found in reader.tags if {"src", "action", "srcset", "data", "onload"} & found.keys()]
    assert {found["href"] for _, found in reader.tags if "href" in found} == {"#main", "#/", "#/samples"}
    addresses = set(re.findall(r"\w+://[^\s\"'`]+", script + style))
    assert addresses == {"http://www.w3.org/2000/svg"}, "a name, which nothing looks up"


def test_data_never_becomes_markup() -> None:
    page = Path(__file__).parents[3] / "pytest_rtlgen" / "report" / "html" / "page"
    scripts = "".join(path.read_text() for path in page.glob("*.js"))
    assert "append(" in scripts
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser", scripts
    )


def test_every_sample_is_in_it_with_its_texts(run: Path, tmp_path: Path) -> None:
    reader = write(run, tmp_path)
    found, expected = read_records(reader, "samples"), make_samples()
    assert ["".join(item["answer"]) for item in found] == [sample.completion.text for sample in expected]
    assert [item["verdict"]["status"] for item in found] == [sample.verdict.status for sample in expected]
    assert found[1]["bench_word"] == "passed (.)"
    assert found[1]["candidate"] is None
    assert found[1]["answer"][1] == expected[1].candidate.source.strip("\n")
    assert found[5]["candidate"] == expected[5].candidate.source
    assert found[5]["answer"][1] == "assign y = ~a;\nendmodule"


def test_equal_prompts_and_references_are_stored_once(run: Path, tmp_path: Path) -> None:
    reader = write(run, tmp_path)
    chats, tasks = read_records(reader, "chats"), read_records(reader, "tasks")
    assert len(chats) == len(tasks) == 2
    assert [item["prompt"] for item in read_records(reader, "samples")] == [0, 0, 0, 0, 1, 1]
    assert "Write module counter." in chats[0][-1][1]
    assert [len(task["references"]) for task in tasks] == [1, 1]
    assert ONLY_THERE in tasks[0]["references"][0]["text"]


def test_references_can_be_left_out(run: Path, tmp_path: Path) -> None:
    reader = write(run, tmp_path, "--hide-references")
    tasks = read_records(reader, "tasks")
    assert [(task["references"], task["is_hidden"]) for task in tasks] == [([], True), ([], True)]
    whole = json.dumps([read_records(reader, name) for name in ("tasks", "samples", "chats")])
    assert ONLY_THERE.strip() not in whole
    assert ONLY_THERE.strip() not in (tmp_path / "deep" / "page.html").read_text()


def test_a_repaired_sample_has_its_turns_and_the_run_a_row_a_turn(tmp_path: Path) -> None:
    reader = write(save_repaired_run(tmp_path / "runs").path, tmp_path)
    (overview,) = (json.loads(text) for found, text in reader.find("script") if found.get("id") == "data-overview")
    turns = overview["turns"]
    assert [(turn["turn"], turn["asked"], turn["passed"]) for turn in turns] == [(0, 6, 3), (1, 1, 4)]
    assert [turn["points"][0][:2] for turn in turns] == [[1, 0.625], [1, 0.75]]
    samples = read_records(reader, "samples")
    assert [sample["turns"] for sample in samples] == [[], [], [[1, "compile", "passed"]], [], [], []]
    assert [sample["verdict"]["status"] for sample in samples].count("passed") == 4
    chat = read_records(reader, "chats")[samples[2]["prompt"]]
    assert [role for role, _ in chat][-2:] == ["assistant", "user"]


def test_a_page_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/page.html: cannot be written: .*; choose another file for the page"):
        write_page(tmp_path / "file" / "page.html", ["x"])

    def fail() -> Any:
        yield "half"
        raise KeyError

    (tmp_path / "page.html").write_text("as before")
    with pytest.raises(KeyError):
        write_page(tmp_path / "page.html", fail())
    assert (tmp_path / "page.html").read_text() == "as before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "page.html"]
