"""The repair loop: a model is told what the check of its answer found, and answers again (spec2RTL's reflector).

Source: the loop of github.com/NoahSabb/spec2RTL, commit 06a74f4: up to 3 repairs of what does not compile, up to 4 of
what does the wrong thing. Unlike there, the hidden testbench stays hidden.
"""

from pytest_rtlgen.evaluation.repair.history import History, count_waiting, read_histories
from pytest_rtlgen.evaluation.repair.loop import RepairLoop, RepairPlan
from pytest_rtlgen.evaluation.repair.summary import add_turns, sum_run_spending

__all__ = ["History", "RepairLoop", "RepairPlan", "add_turns", "count_waiting", "read_histories", "sum_run_spending"]
