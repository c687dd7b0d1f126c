import pytest

from aicmo_dagster.mail.bounces.addresses import as_written


@pytest.mark.parametrize(
    ("address", "written_to", "expected"),
    [
        ("Lead@Example.com", {"lead@example.com"}, "Lead@Example.com"),
        ("lead@mx1.example.com", {"lead@example.com"}, "lead@example.com"),
        ("LEAD@Mail.Example.com", {"lead@example.com", "other@example.com"}, "lead@example.com"),
        ("lead%example.com@relay.example.net", {"lead@example.com"}, "lead@example.com"),
        ("lead%example.com@relay.example.net", {"other@example.com"}, "lead%example.com@relay.example.net"),
        ("lead@notexample.com", {"lead@example.com"}, "lead@notexample.com"),
        ("other@mx1.example.com", {"lead@example.com"}, "other@mx1.example.com"),
        ("lead@a.b.example.com", {"lead@example.com", "lead@b.example.com"}, "lead@a.b.example.com"),
        ("lead@mx1.example.com", set(), "lead@mx1.example.com"),
        ("nobody", {"lead@example.com"}, "nobody"),
    ],
)
def test_a_rewritten_address_is_named_as_we_wrote_it(
    address: str, written_to: set[str], expected: str
) -> None:
    assert as_written(address, written_to) == expected
