"""The code on the letter: what is drawn can be read back, and a slip of the finger is noticed."""

import pytest

from domain import activation_codes
from domain.activation_codes import ALPHABET


def test_a_code_is_sixteen_plain_characters_in_four_groups() -> None:
    drawn = {activation_codes.draw() for _ in range(500)}
    assert len(drawn) == 500
    for code in drawn:
        assert len(code) == 16
        assert set(code) <= set(ALPHABET)
        assert activation_codes.read(activation_codes.grouped(code)) == code
    assert activation_codes.grouped("0123456789ABCDEF") == "0123-4567-89AB-CDEF"


def test_the_check_character_is_crockfords() -> None:
    # 0x…: 32**1 + 5 = 37, so the remainder is 0; one more is 1.
    assert activation_codes.read("000000000000015" + "0") == "0000000000000150"
    assert activation_codes.read("000000000000016" + "1") == "0000000000000161"
    assert activation_codes.read("000000000000016" + "0") is None


def test_every_single_slip_and_every_swap_of_neighbours_is_noticed() -> None:
    for _ in range(20):
        code = activation_codes.draw()
        for place, right in enumerate(code):
            for wrong in ALPHABET.replace(right, ""):
                assert activation_codes.read(code[:place] + wrong + code[place + 1 :]) is None
        for place in range(14):
            if code[place] != code[place + 1]:
                swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
                assert activation_codes.read(swapped) is None


def test_what_looks_alike_is_the_same() -> None:
    code = "0000000000000161"
    for typed in ("oooo-OOOO-0000-0i61", " 0000 0000 0000 0L6l ", "0000000000000161"):
        assert activation_codes.read(typed) == code


@pytest.mark.parametrize(
    "typed", ["", "0000", "0" * 17, "0" * 10_000, "00000000000001U0", "٠" * 16, "0000\x0000000000161"]
)
def test_anything_else_is_mistyped(typed: str) -> None:
    assert activation_codes.read(typed) is None
