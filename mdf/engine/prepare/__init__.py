"""Prepares images for the network, on its device: resizes, augments and normalises them."""
