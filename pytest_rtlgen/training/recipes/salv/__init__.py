"""Supervised start, preference pairs by output, signal-aware DPO beside plain DPO, evaluation with the harness.

See docs/how-to/train-with-salv.md.
"""
