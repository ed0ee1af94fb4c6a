"""Rows of RTL-BenchLS as rows of training references: a design with what it instantiates is the reference.

Source: github.com/SebastianWANG2024/RTL-BenchLS, ``data/README.md``: a slice holds {task_id, top_module, files, ...};
masked designs name the whole text and the masked one among ``files`` as ``golden_rtl_key`` and ``masked_rtl_key``. The
slices state no task in words, and the masks of the published file leave nothing of any design.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from pytest_rtlgen.loaders.rows import Row

_MASK = "[MASKED]"
_LIBRARY = "lib.v"
_VERILOG = re.compile(r"\.s?v$")


def expand_benchls(row: Row) -> Row:
    """Return ``row`` with our names for its fields where it is one of RTL-BenchLS, else ``row`` itself."""
    values = row.values
    task_id, top, files = values.get("task_id"), values.get("top_module"), values.get("files")
    if not isinstance(task_id, str) or not isinstance(top, str) or not isinstance(files, dict):
        return row
    texts = {str(name): text for name, text in files.items() if isinstance(text, str)}
    golden, masked = values.get("golden_rtl_key"), texts.get(str(values.get("masked_rtl_key")), "")
    reference = _choose_text(texts, str(golden or ""), str(values.get("masked_rtl_key")))
    if reference is None:
        return row
    instruction = f"Write the Verilog module {top}."
    if masked.strip() not in {"", _MASK}:
        instruction = f"Complete the Verilog module {top}: {_MASK} stands for what is left out.\n\n{masked}"
    found = {"problem_id": task_id, "instruction": instruction, "reference": reference, "top": top}
    return replace(row, values=found)


def _choose_text(texts: Mapping[str, str], golden: str, masked: str) -> str | None:
    """Return the design with the modules it instantiates where such a file is there, else the design."""
    names = [name for name in sorted(texts) if _VERILOG.search(name) and name not in {_LIBRARY, masked}]
    whole = [name for name in names if name.endswith("_combined.v")]
    first = next((name for name in (*whole, golden, *names) if name in texts), None)
    return None if first is None else texts[first]
