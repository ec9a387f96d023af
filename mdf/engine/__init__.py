"""How one trial learns and is scored."""
