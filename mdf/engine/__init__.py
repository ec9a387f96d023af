"""Training: the optimiser, the loop, and the choice of the best epoch."""
