"""Shares of the work, as a user writes them."""

from __future__ import annotations

import pytest

from experiments.commands.executing import _share
from experiments.errors import UserError
from experiments.planning.plan import WHOLE, Share


def test_a_share_is_counted_from_nought():
    assert _share(None) == WHOLE
    assert [_share(f"{number}/3") for number in range(3)] == [Share(n, 3) for n in range(3)]


@pytest.mark.parametrize("text", ["3/3", "4/3", "0/0", "-1/3", "1", "1/", "/3", "a/b", "1/3 ", ""])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(UserError, match=r"I from 0 to N - 1"):
        _share(text)
