"""A NeMo Gym resources server; ``rtlgen environment`` copies this folder into a checkout of Gym."""
