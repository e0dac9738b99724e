"""Documents made to hurt are refused before validation; what clients really send passes."""

import pytest

from api.query_budget import QueryTooComplex, check_budget, parse_query

CHAIN = (
    "{ ...f0 } "
    + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(18))
    + " fragment f18 on Query { a }"
)
ABUSE = {
    "depth": "{ " + "a { " * 50 + "b" + " }" * 50 + " }",
    "depth 3,000": "{ " + "a { " * 3000 + "b" + " }" * 3000 + " }",
    "aliases": "{ " + " ".join(f"x{n}: a" for n in range(16)) + " }",
    "the same field 400 times": "{ " + "a " * 401 + "}",
    "root fields": "{ " + " ".join(f"a{n}" for n in range(11)) + " }",
    "fragments that double": CHAIN,
    "200 fragments": "{ ...f0 } " + " ".join(f"fragment f{n} on Query {{ a }}" for n in range(200)),
    "a fragment in itself": "{ ...a } fragment a on Query { ...a }",
    "a circle": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "directives": "{ a " + "@skip(if: false) " * 11 + "}",
    "pages in pages": "{ a(first: 100) { b(first: 100) { c(first: 100) { d } } } }",
    "a page over the cap": "{ a(first: 101) { b } }",
    "a negative page": "{ a(first: -1) { b } }",
    "tokens": "{ " + "a " * 1001 + "}",
    "a text that is one token and very long": '{ a(b: "' + "x" * 32_768 + '") }',
    "a comment that is no token and very long": "{ a } #" + "x" * 32_768,
}


@pytest.mark.parametrize("name", ABUSE)
def test_abuse_is_refused(name: str) -> None:
    with pytest.raises(QueryTooComplex):
        check_budget(parse_query(ABUSE[name]), {})


def test_a_page_in_a_variable_counts() -> None:
    document = parse_query("query Q($n: Int!) { a(first: $n) { b(first: $n) { c(first: $n) { d } } } }")
    check_budget(document, {"n": 5})
    with pytest.raises(QueryTooComplex):
        check_budget(document, {"n": 100})


def test_what_the_clinic_sends_passes() -> None:
    document = parse_query(
        "query W($first: Int!) { worklist(first: $first) { edges { cursor node { urgency reasons"
        " patient { id displayName } openAlerts { id patient { id } } } } pageInfo { hasNextPage } } }"
    )
    check_budget(document, {"first": 100})
