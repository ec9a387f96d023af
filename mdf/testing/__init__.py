"""The conformance kit: checks whether a component keeps the contract of its kind, be it built in or a plugin's.

from mdf.testing import assert_conforms

def test_my_loss_keeps_its_contract():
    assert_conforms("loss", "my-loss")
"""

from mdf.testing.finding import Finding
from mdf.testing.kit import assert_conforms, check, members

__all__ = ["Finding", "assert_conforms", "check", "members"]
