"""The built-in components: one file each, one line each in the `__init__` of their kind's folder."""
