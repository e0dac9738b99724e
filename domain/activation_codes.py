"""The activation code itself: how it is drawn, written, read back and stored."""

import hashlib
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 15
GROUP_CHARACTERS = 4
CHECK_MODULUS = 37

# What people type for what they read.
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def _check_value(body: str) -> int:
    number = 0
    for character in body:
        number = number * len(ALPHABET) + ALPHABET.index(character)
    return number % CHECK_MODULUS


def draw() -> str:
    """A fresh code as 16 characters: 15 at random and Crockford's check character; 74.8 bits.

    A body whose check symbol would be one of Crockford's extra five (`*~$=U`) is drawn again, so that a code has
    only letters and digits. With this much entropy the hash needs no secret: guessing it from a stolen table would
    take 10^22 tries.
    """
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
        if _check_value(body) < len(ALPHABET):
            return body + ALPHABET[_check_value(body)]


def grouped(code: str) -> str:
    """The code as it is shown: XXXX-XXXX-XXXX-XXXX."""
    return "-".join(code[start : start + GROUP_CHARACTERS] for start in range(0, len(code), GROUP_CHARACTERS))


def read(typed: str) -> str | None:
    """The code that was meant by what was typed; `None` when its check character says that it is mistyped."""
    if len(typed) > 4 * RANDOM_CHARACTERS:
        return None
    code = typed.strip().upper().translate(_ALIKE)
    if len(code) != RANDOM_CHARACTERS + 1 or any(character not in ALPHABET for character in code):
        return None
    return code if _check_value(code[:-1]) == ALPHABET.index(code[-1]) else None


def digest(code: str) -> str:
    """What is stored of a code: its SHA-256 in hexadecimal."""
    return hashlib.sha256(code.encode()).hexdigest()
