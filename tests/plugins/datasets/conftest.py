"""Puts this folder on the path, so that the tests of its subfolders share `image_files`."""
