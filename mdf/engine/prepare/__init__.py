"""What happens to images between the uint8 batch and the network: resize, augment, normalise; all on the device."""
