"""The environment of several turns; verifiers finds it by the name of this package."""

from pytest_rtlgen.training.environment.verifiers_taskset import RtlEnvironmentTaskset, load_environment

__all__ = ["RtlEnvironmentTaskset", "load_environment"]
