"""Whole training runs that can be started as they are; see docs/how-to/train-with-grpo.md and train-with-salv.md."""
