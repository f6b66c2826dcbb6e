from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-q", "0"], "0 is not from 1 to 100"),
        (["-n", "0"], "0 is not from 1 to 10000"),
        (["-k", "x"], "'x' is not a whole number"),
        (["a.png", "b.png"], "unrecognized arguments: b.png"),
    ],
)
def test_wrong_arguments(arguments: list[str], says: str, command: Command) -> None:
    ran = command("generations", *arguments)
    assert ran.code == 2
    assert says in ran.err
