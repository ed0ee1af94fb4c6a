"""Starting other programs: limits, isolation, versions."""
