"""The task set of a single turn; verifiers finds it by the name of this package."""

from pytest_rtlgen.training.verifiers_set import RtlTaskset

__all__ = ["RtlTaskset"]
