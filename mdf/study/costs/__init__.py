"""What configurations cost: measured alone on the machine after a study's trials, once an architecture and machine."""
