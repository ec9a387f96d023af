"""What configurations cost: each architecture is measured once per machine, alone, after a study's trials."""
