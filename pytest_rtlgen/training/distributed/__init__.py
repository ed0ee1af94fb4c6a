"""Checks on many machines: a pool of warm simulators on Ray (``docs/how-to/scale-out-on-ray.md``)."""

from pytest_rtlgen.evaluation.executors.ray_actors import RaySettings
from pytest_rtlgen.training.distributed.ray_reward import RayReward

__all__ = ["RayReward", "RaySettings"]
