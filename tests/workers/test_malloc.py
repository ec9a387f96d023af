"""Freed memory stays with the process, so that the next step need not ask the kernel for it."""

import platform
import subprocess
import sys

import pytest

KEEPS = """
import re
from mdf.workers.malloc import keep_freed_memory
keep_freed_memory()
block = bytearray(b"x" * (100 * 2**20))
del block
print(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's allocator can be told")
def test_a_freed_block_is_kept() -> None:
    told = subprocess.run([sys.executable, "-c", KEEPS], capture_output=True, text=True, check=True)
    assert int(told.stdout) > 100 * 1024  # kB
