"""A run and its owner: settings, generation, judging, repair, results."""
