import json

from sqlalchemy.engine import URL

from aicmo_dagster_tests.cli.command_line import aicmo


def test_an_address_and_a_domain_are_suppressed_once(store: URL) -> None:
    assert "writes to ann@example.com any more" in aicmo(
        "suppress", "add", "ann@example.com", "--reason", "asked"
    )
    assert "already" in aicmo("suppress", "add", "Ann@Example.com")
    assert "@example.org and its subdomains" in aicmo("suppress", "add", "@example.org")
    entries = json.loads(aicmo("suppress", "list", "--json"))
    assert [(entry["kind"], entry["value"]) for entry in entries] == [
        ("domain", "example.org"),
        ("address", "ann@example.com"),
    ]
    assert "ann@example.com" in aicmo("suppress", "list")


def test_what_is_neither_is_refused_with_a_sentence(store: URL) -> None:
    assert "is not a domain" in aicmo("suppress", "add", "nonsense", code=1)
    assert "is not an address" in aicmo("suppress", "add", "a b@example.com", code=1)
    assert "is empty" in aicmo("suppress", "list")
