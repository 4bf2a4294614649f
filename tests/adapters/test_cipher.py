"""What is sealed opens again for its own place only, with the keys of this installation (R31)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.adapters.cipher import Cipher
from dashboard.domain.errors import CannotDecryptError

PLACE = {"table": "grants", "row": "17", "column": "credential"}


class FixedKeys:
    def __init__(self, *ids):
        self.keys = {bytes([number]) * 8: bytes([number]) * 32 for number in ids}

    def newest(self):
        return next(reversed(self.keys.items()))

    def find(self, key_id):
        return self.keys.get(key_id)


CIPHER = Cipher(FixedKeys(1))


@given(st.binary(max_size=200))
def test_what_was_sealed_is_opened(plain):
    assert CIPHER.open(CIPHER.seal(plain, **PLACE), **PLACE) == plain


def test_sealed_value_shows_nothing_and_is_never_the_same_twice():
    first, second = CIPHER.seal(b"canary" * 9, **PLACE), CIPHER.seal(b"canary" * 9, **PLACE)
    assert b"canary" not in first
    assert first != second


@pytest.mark.parametrize("part", ["table", "row", "column"])
def test_sealed_value_does_not_open_in_another_place(part):
    sealed = CIPHER.seal(b"secret", **PLACE)
    with pytest.raises(CannotDecryptError):
        CIPHER.open(sealed, **PLACE | {part: "other"})


def test_parts_of_a_place_cannot_be_shifted_into_each_other():
    sealed = CIPHER.seal(b"secret", table="a", row="b|c", column="d")
    with pytest.raises(CannotDecryptError):
        CIPHER.open(sealed, table="a|b", row="c", column="d")


@given(st.data())
def test_one_changed_bit_anywhere_is_noticed(data):
    sealed = bytearray(CIPHER.seal(b"secret", **PLACE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotDecryptError):
        CIPHER.open(bytes(sealed), **PLACE)


@given(st.binary(max_size=60))
def test_foreign_bytes_are_a_clear_error(junk):
    with pytest.raises(CannotDecryptError):
        CIPHER.open(junk, **PLACE)


def test_every_shortened_value_is_a_clear_error():
    sealed = CIPHER.seal(b"secret", **PLACE)
    for length in range(len(sealed)):
        with pytest.raises(CannotDecryptError):
            CIPHER.open(sealed[:length], **PLACE)


def test_old_keys_open_and_the_newest_seals():
    before, after = Cipher(FixedKeys(1)), Cipher(FixedKeys(1, 2))
    sealed = before.seal(b"secret", **PLACE)
    assert after.open(sealed, **PLACE) == b"secret"
    anew = after.seal(b"secret", **PLACE)
    with pytest.raises(CannotDecryptError, match="key that is not here"):
        before.open(anew, **PLACE)


def test_error_repeats_neither_plain_nor_key():
    sealed = CIPHER.seal(b"canary", **PLACE)
    with pytest.raises(CannotDecryptError) as caught:
        CIPHER.open(sealed, **PLACE | {"row": "18"})
    assert "canary" not in f"{caught.value!r} {caught.value.__context__!r}"
