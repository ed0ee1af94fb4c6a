"""The page in headless Chromium: views, filters, keys, waveforms, and nothing that leaves it or gets in."""

import base64
import json
import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.chromium import Watched, open_chromium
from support.page_runs import save_page_run, save_repaired_run

from pytest_rtlgen.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PAGE = Path(__file__).parents[3] / "pytest_rtlgen" / "report" / "html" / "page"
AXE = Path(__file__).parents[3] / ".venv-report" / "node_modules" / "axe-core" / "axe.min.js"
WRONG = "#/sample/test/counter/1"
VIEWS = ("", "#/samples", "#/sample/test/counter/0", WRONG, "#/sample/test/counter/2", "#/sample/test/counter/3")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with open_chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    assert main(["report", str(save_page_run(folder).path), f"--html={folder}/page.html"]) == 0
    return folder / "page.html"


@pytest.fixture
def watched(browser: "Browser", file: Path) -> Iterator[Watched]:
    """Return the page; in the end it must have asked for nothing but itself, and complained of nothing."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    found = Watched(page, file)
    yield found
    assert {address.partition("#")[0] for address in found.requests} == {found.address}
    assert found.complaints == []
    page.close()


def texts(page: "Page", selector: str) -> list[str]:
    return list(page.locator(selector).all_inner_texts())


def wait_until(page: "Page", condition: str) -> None:
    """Ask again and again: playwright's own wait evaluates text in the page, which its policy refuses."""
    for _ in range(200):
        if page.evaluate(f"() => Boolean({condition})"):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"after 10 s not so: {condition}")


def seen_steps(page: "Page") -> tuple[float, float]:
    wave = page.locator(".wave").first
    return float(wave.get_attribute("data-from") or "nan"), float(wave.get_attribute("data-to") or "nan")


def test_the_first_view_has_scores_charts_and_outcomes(watched: Watched) -> None:
    page = watched.open()
    assert texts(page, "h1") == ["replay:answers <b> on test"]
    assert texts(page, ".cards .name") == ["syntax@1", "pass@1", "outputs right"]
    assert texts(page, ".cards strong")[1] == "0.625"
    assert page.locator("figure svg polyline").count() == 3
    assert next(iter(texts(page, ".wide-last tbody tr"))).startswith("passed\t3\t50 %")
    assert texts(page, ".heat .field") == ["q 50 %", "wrap 0 %"]
    assert page.locator("figure details").first.locator("table").count() == 0
    page.locator("figure summary").first.click()
    assert texts(page, "figure details tbody tr")[0].split("\t")[0] == "1"


def test_a_status_leads_to_its_samples(watched: Watched) -> None:
    page = watched.open()
    page.locator(".wide-last a", has_text="syntax-error").click()
    page.wait_for_selector("main[data-view=samples]")
    assert texts(page, ".samples tbody th") == ["test/counter 2"]
    assert page.locator("#filter-status").input_value() == "syntax-error"


def test_samples_are_searched_filtered_and_sorted(watched: Watched) -> None:
    page = watched.open("#/samples")
    assert texts(page, ".counter") == ["6 samples"]
    page.locator("#search").fill("COUNTER mismatch")
    assert texts(page, ".samples tbody th") == ["test/counter 1"]
    assert texts(page, ".counter") == ["1 sample (of 6)"]
    page.locator("#search").fill("nothing at all")
    assert texts(page, ".samples tbody th") == []
    page.get_by_role("button", name="Clear").click()
    wait_until(page, "document.querySelectorAll('.samples tbody tr').length === 6")
    page.locator("#filter-category").select_option("gates <b>")
    assert texts(page, ".samples tbody th") == ["test/inv 0", "test/inv 1"]
    page.locator("#filter-category").select_option("")
    page.get_by_role("button", name="Outputs right").click()
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Outputs right")
    assert texts(page, ".samples tbody th")[-1] == "test/inv 1"
    page.get_by_role("button", name="Outputs right").click()
    assert texts(page, ".samples tbody th")[0] == "test/counter 0"
    assert page.locator("th[aria-sort=descending]").count() == 1
    address = page.url
    assert watched.open().url != address
    watched.open(address.removeprefix(watched.address))
    assert texts(page, ".samples tbody th")[0] == "test/counter 0", "the address keeps the order"


def test_a_sample_has_a_page_of_its_own(watched: Watched) -> None:
    page = watched.open("#/samples")
    page.get_by_role("link", name="test/counter 1").click()
    page.wait_for_selector("main[data-view=sample]")
    assert page.url.endswith(WRONG)
    assert page.title() == "test/counter sample 1 - rtlgen report"
    assert texts(page, ".outcome") == ["mismatch outputs differ from the reference"]
    outputs = [row.split("\t") for row in texts(page, "section:has(h2:text-is('Outputs')) tbody tr")]
    assert outputs == [
        ["q", "wrong", "90", "40", "60", "4'h1", "4'h0", "proved different"],
        ["wrap", "right", "90", "0", "", "", "", "proved equivalent"],
    ]
    assert "q <= wrap ? 4'd0 : q;" in page.locator("mark").inner_text()
    assert page.locator("mark").inner_text().startswith("module counter")
    assert "only the reference has this line" in texts(page, ".sides .code")[1]
    assert "Write module counter." in page.locator("section:has(h2:text-is('Prompt'))").inner_text()
    assert "passed (.)" in page.locator("section:has(h2:has-text('own verdict'))").inner_text()
    page.get_by_role("link", name="next sample").click()
    wait_until(page, "document.querySelector('h1').textContent === 'test/counter sample 2'")
    page.go_back()
    wait_until(page, "document.querySelector('h1').textContent === 'test/counter sample 1'")


def test_the_line_that_a_message_is_about_is_marked(watched: Watched) -> None:
    page = watched.open("#/sample/test/counter/2")
    marked = texts(page, ".line.marked")
    assert len(marked) == 1
    assert marked[0].startswith("  input clk")
    assert "expected ';'" in marked[0]


def test_lines_that_set_a_wrong_output_are_marked(watched: Watched) -> None:
    marked = texts(watched.open(WRONG), ".line.marked.setter")
    assert [line.partition("\u25c0")[2].strip() for line in marked] == ["sets q, which is wrong"] * 2
    assert [line.split()[0] for line in marked] == ["if", "else"], "not those that read it"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("assign q = a;", ["q"]),
        ("assign q[3:0] = a;", ["q"]),
        ("  q <= a; // q", ["q"]),
        ("2'b01: q = a;", ["q"]),
        ("if (a) q$1 <= 1;", ["q$1"]),
        ("{y, q} = a + b;", ["q"]),
        ("if (q <= 3) y = 1;", []),
        ("assign y = q == 1;", []),
        ("// q = 1;", []),
        ("assign q2 = q;", []),
        ("if (a) q == 1;", []),
        ("x" * 3000 + "; q = 1;", []),
    ],
)
def test_what_sets_an_output(browser: "Browser", line: str, found: list[str]) -> None:
    page = browser.new_page()
    page.evaluate(f"{(PAGE / 'code.js').read_text()}; window.list = listSetters; null")
    messages = page.evaluate("(text) => list(text, ['q', 'q$1'])", f"module m;\n{line}\nendmodule")
    assert messages == [[2, f"sets {name}, which is wrong", "setter"] for name in found]
    page.close()


def test_an_address_of_no_sample_says_so(watched: Watched) -> None:
    assert texts(watched.open("#/sample/test/counter/77"), "h1") == ["Not in this report"]
    assert texts(watched.open("#/nowhere"), "h1") == ["Not in this report"]
    assert texts(watched.open("#/sample/test/%/1"), "h1") == ["Not in this report"]


def test_the_wave_is_drawn_with_unknown_and_floating_values_and_differences(watched: Watched) -> None:
    page = watched.open(WRONG)
    wave = page.locator(".wave").first
    labels = [
        text.split("\n")[0]
        for text in wave.locator("text.label").evaluate_all("nodes => nodes.map(node => node.textContent)")
    ]
    assert [label.removesuffix(label[len(label) // 2 :]) for label in labels] == [
        "clk",
        "en",
        "q expected",
        "q actual",
        "wrap expected",
        "wrap actual",
    ]
    assert wave.locator(".bus.unknown").count() == 3
    assert wave.locator("line.floating").count() == 1
    assert wave.locator("rect.differs").count() == 2
    assert wave.locator("rect.differs").first.evaluate("node => node.ownerSVGElement !== null")
    steps = wave.locator("rect.differs").first.evaluate("node => node.getBBox().width")
    whole = wave.locator("svg svg").evaluate("node => node.getBBox().width")
    assert steps / whole == pytest.approx(6 / 8, abs=0.06), "six of eight steps differ"
    assert wave.locator("path.bit.input").count() == 8 + 2
    page.locator("summary", has_text="Values as a table").first.click()
    rows = [row.split("\t") for row in texts(page, ".waveform tbody tr")]
    assert rows[2][:4] == ["q expected", "x", "0", "1 \u2260"]
    assert rows[3][:5] == ["q actual", "x", "0", "0 \u2260", "x \u2260"]


def test_the_wave_is_zoomed_by_buttons_keys_and_wheel(watched: Watched) -> None:
    page = watched.open(WRONG)
    wave = page.locator(".wave").first
    assert seen_steps(page) == (0, 8)
    page.get_by_role("button", name="Zoom in").first.click()
    assert seen_steps(page) == (2, 6)
    page.get_by_role("button", name="Move right").first.click()
    assert seen_steps(page) == (3, 7)
    page.get_by_role("button", name="Show all steps").first.click()
    page.get_by_role("button", name="Go to the first difference").first.click()
    assert seen_steps(page) == (0, 8)
    wave.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    assert seen_steps(page) == (1, 5)
    page.keyboard.press("-")
    assert seen_steps(page) == (0, 8)
    page.keyboard.press("+")
    page.keyboard.press("0")
    assert seen_steps(page) == (0, 8)
    wave.hover()
    page.mouse.wheel(0, -240)
    wait_until(page, "Number(document.querySelector('.wave').dataset.to) < 8")
    start, end = seen_steps(page)
    assert 0 < start < end < 8
    page.mouse.wheel(0, 240)
    wait_until(page, "Number(document.querySelector('.wave').dataset.to) > 7.9")


def test_the_wheel_scrolls_the_page_until_the_wave_has_the_focus(watched: Watched) -> None:
    page = watched.open(WRONG)
    page.locator(".wave").first.hover()
    page.mouse.wheel(0, 300)
    wait_until(page, "scrollY > 0")
    assert seen_steps(page) == (0, 8)


def test_a_counterexample_is_a_wave_of_inputs(watched: Watched) -> None:
    page = watched.open(WRONG)
    assert texts(page, "section:has(h2:text-is('Proof')) h3") == ["Counterexample for q"]
    wave = page.locator("section:has(h2:text-is('Proof')) .wave")
    assert wave.locator("text.label").count() == 3
    assert wave.get_attribute("data-to") == "32.000"


def test_it_works_by_keyboard_alone(watched: Watched) -> None:
    page = watched.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("main[data-view=samples]")
    assert page.evaluate("document.activeElement.id") == "main", "whoever reads by ear is at the new view"
    page.keyboard.press("Tab")
    page.keyboard.type("counter mismatch")
    assert texts(page, ".samples tbody th") == ["test/counter 1"]
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "test/counter 1":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("main[data-view=sample]")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "wave":
            break
    page.keyboard.press("+")
    assert seen_steps(page) == (2, 6)


@pytest.mark.parametrize("view", VIEWS)
def test_markup_in_an_answer_does_nothing(watched: Watched, view: str) -> None:
    page = watched.open(view)
    page.wait_for_timeout(50)
    assert page.evaluate("typeof window.foreign") == "undefined"
    assert page.locator("main img, main script, main b, main i").count() == 0


def test_hostile_text_is_shown_as_it_is(watched: Watched) -> None:
    answer = watched.open("#/sample/test/counter/3").locator("section:has(h2:text-is('Answer')) pre")
    assert "<img src=x onerror='window.foreign = 2'>" in answer.inner_text()
    assert "&lt;" in answer.inner_text()


def test_other_scripts_and_styles_do_not_run(browser: "Browser", file: Path) -> None:
    page = browser.new_page()
    watched = Watched(page, file)
    watched.open()
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'foreign = 1'}))")
    page.evaluate("document.body.append(Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:9/x'}))")
    page.wait_for_timeout(50)
    assert page.evaluate("typeof window.foreign") == "undefined"
    refused = [line for line in watched.complaints if "Content Security Policy" in line]
    assert len(refused) == 2
    page.close()


def test_turns_of_the_repair_loop_are_drawn_and_listed(browser: "Browser", tmp_path: Path) -> None:
    assert main(["report", str(save_repaired_run(tmp_path).path), f"--html={tmp_path}/page.html"]) == 0
    page = browser.new_page()
    Watched(page, tmp_path / "page.html").open()
    section = page.locator("section:has(h2:text-is('Turns of the repair loop'))")
    assert section.locator("circle.mark").count() == 2
    rows = [row.split("\t") for row in section.locator("> .scroller tbody tr").all_inner_texts()]
    assert [row[:3] for row in rows] == [["0", "6", "3"], ["1", "1", "4"]]
    Watched(page, tmp_path / "page.html").open("#/sample/test/counter/2")
    assert texts(page, "section:has(h2:text-is('Repairs')) li") == ["turn 1, to compile: passed"]
    page.close()


@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_the_page_unpacks_whatever_zlib_writes(browser: "Browser", level: int, strategy: int) -> None:
    page = browser.new_page()
    page.evaluate(f"{(PAGE / 'data.js').read_text()}; window.unpackPlainly = inflatePlainly; null")
    draw = random.Random(level)
    samples = [
        b"",
        b"a",
        b"ab" * 40_000,
        draw.randbytes(70_000),
        bytes(range(256)) * 300,
        b"module m; " * 9 + draw.randbytes(99),
    ]
    for sample in samples:
        packer = zlib.compressobj(level, zlib.DEFLATED, 15, 9, strategy)
        packed = base64.b64encode(packer.compress(sample) + packer.flush()).decode()
        found = page.evaluate(
            """(text) => {
              const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
              return Array.from(unpackPlainly(bytes));
            }""",
            packed,
        )
        assert bytes(found) == sample
    page.close()


def test_a_long_table_is_shown_a_hundred_rows_at_a_time(browser: "Browser", tmp_path: Path) -> None:
    assert main(["report", str(save_page_run(tmp_path, copies=40).path), f"--html={tmp_path}/page.html"]) == 0
    page = browser.new_page()
    Watched(page, tmp_path / "page.html").open("#/samples")
    assert texts(page, ".counter") == ["240 samples, 1 to 100 shown"]
    assert page.get_by_role("button", name="Previous").is_disabled()
    first = texts(page, ".samples tbody th")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    assert texts(page, ".counter") == ["240 samples, 201 to 240 shown"]
    assert page.get_by_role("button", name="Next").is_disabled()
    last = texts(page, ".samples tbody th")
    assert (len(first), len(last)) == (100, 40)
    assert not set(first) & set(last)
    assert first[4] == "test/counter_1 0", "1 comes before 10"
    page.locator("#search").fill("counter_7 mismatch")
    assert texts(page, ".samples tbody th") == ["test/counter_7 1"], "a search starts at its first row"
    page.get_by_role("link", name="test/counter_7 1").click()
    page.wait_for_selector(".wave svg")
    page.get_by_role("link", name="Overview").click()
    page.wait_for_selector("main[data-view=overview]")
    assert page.locator(".heat li").count() == 30
    page.get_by_role("button", name="Show all 40 problems").click()
    assert page.locator(".heat li").count() == 40
    page.close()


def test_without_references_the_page_says_so(browser: "Browser", tmp_path: Path) -> None:
    run = str(save_page_run(tmp_path).path)
    assert main(["report", run, f"--html={tmp_path}/page.html", "--hide-references"]) == 0
    page = browser.new_page()
    Watched(page, tmp_path / "page.html").open(WRONG)
    assert "References were left out of this page." in page.locator(".sides").inner_text()
    assert page.locator(".sides .code").count() == 1
    page.close()


def test_what_was_synthesized_has_columns_and_facts(browser: "Browser", tmp_path: Path) -> None:
    store = save_page_run(tmp_path)
    figures = {"cells": 34, "flip_flops": 5, "latches": 0, "depth": 7, "area": 61.5}
    known = {"figures": figures, "reason": ""}
    rows = [
        {
            "suite": "test",
            "problem_id": name,
            "reference": known,
            "samples": [{"index": 0, "synthesized": known, "area_ratio": ratio, "depth_ratio": 1.0}],
        }
        for name, ratio in (("counter", 1.5), ("inv", 0.75))
    ]
    (store.path / "synthesis.json").write_text(json.dumps({"schema_version": 2, "problems": rows}))
    assert main(["report", str(store.path), f"--html={tmp_path}/page.html"]) == 0
    page = browser.new_page()
    watched = Watched(page, tmp_path / "page.html")
    watched.open("#/samples")
    page.get_by_role("button", name="Area to ref.").click()
    ends = [line.split("\t")[-2:] for line in texts(page, "table.samples tbody tr")]
    assert ends[:3] == [["0.75", "1.00"], ["1.50", "1.00"], ["", ""]]
    watched.open("#/sample/test/counter/0")
    assert "34 cells, 5 flip-flops, 0 latches" in page.locator("main").inner_text()
    assert "61.5 gate equivalents, 1.50 times the reference's" in page.locator("main").inner_text()
    assert watched.complaints == []
    page.close()


def test_it_works_where_the_browser_cannot_unpack(watched: Watched) -> None:
    watched.page.add_init_script("delete window.DecompressionStream")
    page = watched.open(WRONG)
    assert page.evaluate("typeof DecompressionStream") == "undefined"
    assert "q <= wrap ? 4'd0 : q;" in page.locator("mark").inner_text()


def test_the_theme_is_the_systems_or_chosen(watched: Watched) -> None:
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open()
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.locator("#theme").select_option("light")
    light = page.evaluate(ground)
    assert (dark, light) == ("rgb(20, 23, 28)", "rgb(255, 255, 255)")
    page.locator("#theme").select_option("auto")
    assert page.evaluate(ground) == dark


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_wider_than_a_telephone(watched: Watched, view: str) -> None:
    watched.page.set_viewport_size({"width": 390, "height": 800})
    page = watched.open(view)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_serious(browser: "Browser", file: Path, tmp_path: Path, scheme: Any, width: int) -> None:
    """On a copy without the policy, which would refuse axe as well."""
    copy = tmp_path / "page.html"
    text, count = re.subn(r"<meta http-equiv[^>]*>", "", file.read_text())
    assert count == 1
    copy.write_text(text)
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    found = []
    for view in VIEWS:
        Watched(page, copy).open(view)
        page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
        page.wait_for_timeout(50)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        results = page.evaluate("axe.run()")
        assert results["passes"], "axe has looked at the page"
        found += [
            (view, item["impact"], item["id"], [node["html"][:200] for node in item["nodes"]][:3])
            for item in results["violations"]
            if item["impact"] in {"serious", "critical"}
        ]
    page.close()
    assert found == []
