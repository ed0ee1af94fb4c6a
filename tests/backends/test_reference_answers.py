"""References as answers, under the name that the problem asks for."""

import pytest
from builders import COUNTER
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.errors import BackendError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.files import extract_files
from pytest_rtlgen.records import CocotbHarness, FinishReason, SourceFile


def test_every_sample_is_the_reference_and_extraction_finds_it() -> None:
    got = collect(make_backend("reference:", BackendSettings()), request("counter", 0, 3, reference=COUNTER))
    assert [completion.key.index for completion in got] == [0, 3]
    assert {completion.prompt_digest for completion in got} == {"digest of counter"}
    candidate = extract_candidate(got[0].text, top="counter", finish_reason=FinishReason.STOP)
    assert candidate.source.strip() == COUNTER.strip()


def test_a_reference_of_another_name_answers_under_the_expected_one() -> None:
    reference = "module RefModule; endmodule // RefModule"
    changes = {"reference": reference, "top": "TopModule", "reference_top": "RefModule"}
    (got,) = collect(make_backend("reference:", BackendSettings()), request("p", **changes))
    assert got.text == "```verilog\nmodule TopModule; endmodule // RefModule\n```\n"


def test_backticks_in_a_reference_do_not_end_the_fence() -> None:
    source = "module counter; // ```\nendmodule"
    (got,) = collect(make_backend("reference:", BackendSettings()), request("counter", reference=source))
    candidate = extract_candidate(got.text, top="counter", finish_reason=FinishReason.STOP)
    assert candidate.source.strip() == source


def test_a_reference_without_its_module_is_named() -> None:
    changes = {"reference": "module other; endmodule", "top": "TopModule", "reference_top": "RefModule"}
    with pytest.raises(BackendError, match=r"^TopModule\.sv: no module 'RefModule' is defined; fix the reference"):
        collect(make_backend("reference:", BackendSettings()), request("p", **changes))


def test_a_published_solution_of_several_files_is_the_answer() -> None:
    files = (SourceFile(name="rtl/top.sv", text=COUNTER), SourceFile(name="rtl/gray.sv", text='// "a"\nmodule gray;'))
    paths = tuple(file.name for file in files)
    asked = request(reference="", harness=CocotbHarness(files=(), targets=paths, solution=files))
    (found,) = collect(make_backend("reference:", BackendSettings()), asked)
    got = extract_files(found.text, paths, "top")
    assert [(file.name, file.text.rstrip()) for file in got] == [(file.name, file.text.rstrip()) for file in files]


def test_a_solution_of_one_file_that_is_only_a_part_is_the_answer_too() -> None:
    part = (SourceFile(name="rtl/part.sv", text=COUNTER),)
    asked = request(reference="", harness=CocotbHarness(files=(), targets=("rtl/part.sv",), solution=part))
    (found,) = collect(make_backend("reference:", BackendSettings()), asked)
    assert extract_candidate(found.text, top="counter").source.strip() == COUNTER.strip()


def test_a_withheld_solution_is_an_answer_without_code() -> None:
    asked = request(reference="", harness=CocotbHarness(files=(), targets=("rtl/part.sv",)))
    (found,) = collect(make_backend("reference:", BackendSettings()), asked)
    assert found.text == "The benchmark withholds its solution.\n"
