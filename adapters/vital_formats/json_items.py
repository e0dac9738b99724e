"""JSON documents of any size, one object at a time: the members of one list, or objects in a row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson

from adapters.vital_formats.format import CHUNK_BYTES, MOST_ITEM_BYTES, Refused, damaged

# A string that the end cuts off is a token too, without its closing mark: what it holds are no brackets.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:(?P<closed>")|\\?\Z)|[{}\[\]]', re.DOTALL)
_COLON = re.compile(rb"\s*:\s*")
_OPENS = {b"}": b"{", b"]": b"["}
_MOST_DEPTH = 64

Item = tuple[int, dict[str, Any] | Refused]


class _Broken(ValueError):
    """The brackets do not fit, or there are too many of them."""


@dataclass
class _Place:
    """Where in a document we are; positions are of the buffer."""

    lists: frozenset[bytes]
    brackets: list[bytes] = field(default_factory=list)
    list_depth: int | None = None
    has_list: bool = False
    begin: int | None = None
    begin_depth: int = 0
    key: bytes = b""
    key_end: int = 0

    def open(self, sign: bytes, at: int, buffer: bytes) -> None:
        depth = len(self.brackets)
        if depth == _MOST_DEPTH:
            raise _Broken
        if sign == b"[" and self.list_depth is None:
            is_named = self.key in self.lists and _COLON.fullmatch(buffer, self.key_end, at) is not None
            if depth == 0 or is_named:
                self.list_depth, self.has_list, self.begin = depth + 1, True, None
        elif sign == b"{" and self.begin is None and depth == (self.list_depth or 0):
            self.has_list = self.has_list and depth > 0
            self.begin, self.begin_depth = at, depth
        self.brackets.append(sign)

    def close(self, sign: bytes) -> int | None:
        """Where the object began that ends here."""
        if not self.brackets or self.brackets.pop() != _OPENS[sign]:
            raise _Broken
        depth = len(self.brackets)
        if self.list_depth == depth + 1:
            self.list_depth = None
        if self.begin is None or depth != self.begin_depth:
            return None
        begin, self.begin = self.begin, None
        return begin

    def forget(self, count: int) -> None:
        """The buffer lost its first bytes."""
        self.key_end -= count
        if self.begin is not None:
            self.begin -= count


def _parsed(index: int, data: bytes) -> Item:
    try:
        return index, orjson.loads(data)
    except orjson.JSONDecodeError:
        return index, Refused(index, "NOT_JSON", "This entry is no JSON.")


def json_items(stream: BinaryIO, lists: frozenset[bytes]) -> Iterator[Item]:
    """Index and content of each object in a list that is the document itself or stands under a key of `lists`.

    A document without such a list is one object itself, and several may follow each other.
    """
    place, buffer, done, index = _Place(lists), b"", 0, 0
    try:
        while chunk := stream.read(CHUNK_BYTES):
            buffer += chunk
            for token in _TOKEN.finditer(buffer, done):
                sign = token[0]
                if sign.startswith(b'"'):
                    if token["closed"] is None:
                        break
                    place.key, place.key_end = sign[1:-1], token.end()
                elif sign in _OPENS:
                    begin = place.close(sign)
                    if begin is not None:
                        yield _parsed(index, buffer[begin : token.end()])
                        index += 1
                else:
                    place.open(sign, token.start(), buffer)
                done = token.end()
            kept = done if place.begin is None else min(place.begin, done)
            if len(buffer) - kept > MOST_ITEM_BYTES:
                yield (
                    index,
                    Refused(index, "TOO_LONG", "An entry is longer than a megabyte; nothing after it was read."),
                )
                return
            # What lies between the tokens is needed no more, but a key may be waiting for its list.
            kept = min(kept, place.key_end) if done - place.key_end < CHUNK_BYTES else kept
            place.forget(kept)
            buffer, done = buffer[kept:], done - kept
    except _Broken:
        yield index, damaged(index)
        return
    if place.brackets or buffer[done:].strip() or not (index or place.has_list):
        yield index, damaged(index)
