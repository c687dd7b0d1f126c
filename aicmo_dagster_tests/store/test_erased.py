import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.store import database, erased, persons, provider_events


@pytest.mark.parametrize(
    ("who", "text", "kept"),
    [
        ("ann@example.org", "To: 'Ann@Example.org'", "To: 'erased'"),
        ("ann@example.org", "<...ann@example.org_12>", "<...erased_12>"),
        ("ann@example.org", "\r\nann@example.org-", "\r\nerased-"),
        ("ann@example.org", "C:\\nann@example.org", "C:\\nerased"),
        (
            "ann@example.org",
            "https://example.com/?to%3Aann%40example.org&n=1",
            "https://example.com/?to%3Aerased&n=1",
        ),
        ("ann@xn--mnchen2-n2a.example", "x ann@MÜNCHEN2.example", "x erased"),
        ("a/b=c&d@example.org", "rcpt=a/b=c&d@example.org", "rcpt=erased"),
        ("jane.doe@gmail.com", "JaneDoe+x@googlemail.com,jane.doe%2bx%40gmail.com", "erased,erased"),
        ("ann@example.org", "ann@example.org@relay.example.net", "erased@relay.example.net"),
        ("ann@example.org", "joann@example.org jo.ann@example.org", "joann@example.org jo.ann@example.org"),
        ("ann@example.org", "ann@example.org.example.net", "ann@example.org.example.net"),
        ("ann@example.org", "no@one and @ and %40", "no@one and @ and %40"),
    ],
)
def test_an_erased_address_goes_in_whatever_way_it_is_written(
    store: URL, who: str, text: str, kept: str
) -> None:
    with database.transaction() as cursor:
        persons.erase(cursor, who, "test")
        provider_events.add(cursor, "resend", [("1", {"to": [text], text: 1}, "bob@example.org")])
        cursor.execute("SELECT body FROM provider_events")
        assert cursor.fetchone() == ({"to": [kept], kept: 1},)
        assert list(persons.holding(cursor, [who])) == []


def test_where_nobody_whom_they_name_was_erased_bodies_are_the_same(store: URL) -> None:
    bodies = [{"to": ["bob@example.org"], "n": 1.5, "@": None}, [True, "@@%40"], "ann@example.org", {}]
    with database.transaction() as cursor:
        assert erased.without_erased(cursor, bodies) == bodies
        persons.erase(cursor, "other@example.org", "test")
        assert erased.without_erased(cursor, bodies) == bodies


def test_a_long_text_without_an_end_takes_no_time_of_its_square(store: URL) -> None:
    with database.transaction() as cursor:
        persons.erase(cursor, "ann@example.org", "test")
        text = "a" * 1_000_000 + " ann@example.org"
        assert erased.without_erased(cursor, [text]) == ["a" * 1_000_000 + " erased"]
