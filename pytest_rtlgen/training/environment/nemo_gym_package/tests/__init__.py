"""Tests of the resources server, in a checkout of NeMo Gym."""
