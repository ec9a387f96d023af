"""The conformance kit: whether a component keeps the contract of its kind. Built-ins and plugins pass the same.

from mdf.testing import assert_conforms

def test_my_loss_keeps_its_contract():
    assert_conforms("loss", "my-loss")
"""

from mdf.testing.finding import Finding
from mdf.testing.kit import assert_conforms, check, members

__all__ = ["Finding", "assert_conforms", "check", "members"]
