"""Supervised start, GRPO with this project's reward, evaluation with its harness.

See docs/how-to/train-with-grpo.md.
"""
