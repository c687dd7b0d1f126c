from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.mail.replies import auto_reply

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def mail(text: str, *headers: str, subject: str = "Re: A question") -> bytes:
    head = [
        f"Subject: {subject}",
        "From: lead@example.org",
        'Content-Type: text/plain; charset="utf-8"',
        *headers,
    ]
    return "\r\n".join([*head, "", text]).encode()


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "X-Autoreply: yes", "Precedence: auto_reply", "Return-Path: <>"],
)
def test_headers_tell_an_automatic_answer(header: str) -> None:
    assert auto_reply(mail("Thank you for your mail.", header), AT) is not None


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: A question",
        "Out of office",
        "Automatische Antwort: Frage",
        "Abwesenheitsnotiz",
        "Réponse automatique : question",
        "Respuesta automática: pregunta",
        "Risposta automatica: domanda",
        "Resposta automática: pergunta",
        "Automatisch antwoord: vraag",
    ],
)
def test_subjects_tell_it_where_headers_do_not(subject: str) -> None:
    assert auto_reply(mail("I am away.", subject=subject), AT) is not None


@pytest.mark.parametrize(
    "subject", ["Re: A question", "AW: Frage", "Re: your office in Berlin", "Automatic doors: our answer"]
)
def test_an_answer_of_a_person_is_none(subject: str) -> None:
    content = mail("I was out of the office, sorry. Let us talk.", "Auto-Submitted: no", subject=subject)
    assert auto_reply(content, AT) is None


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("I am out of the office until 3 December 2026.", date(2026, 12, 4)),
        ("I am back on Monday, November 30th.", date(2026, 11, 30)),
        ("Ich bin bis einschließlich 03.12. nicht im Büro.", date(2026, 12, 4)),
        ("Ich bin ab dem 7. Dezember wieder erreichbar.", date(2026, 12, 7)),
        ("Je suis absente jusqu'au 5 décembre.", date(2026, 12, 6)),
        ("De retour le 9 janvier 2027.", date(2027, 1, 9)),
        ("Estaré fuera de la oficina hasta el 4 de diciembre.", date(2026, 12, 5)),
        ("Sono in ferie fino al 2 gennaio.", date(2027, 1, 3)),
        ("Estou de férias até 10 de dezembro de 2026.", date(2026, 12, 11)),
        ("Ik ben afwezig t/m 1 december.", date(2026, 12, 2)),
        ("I will be back on 05 December 2026.", date(2026, 12, 5)),
        ("Back on 2026-12-01.", date(2026, 12, 1)),
        ("I am away until 03/04.", None),
        ("I was away until 3 October 2026.", None),
        ("I am on holiday.", None),
    ],
)
def test_the_day_on_which_the_person_is_back(text: str, back: date | None) -> None:
    found = auto_reply(mail(text, "Auto-Submitted: auto-replied"), AT)
    assert found is not None
    assert (found.why, found.return_on) == ("away", back)


def test_who_has_left_does_not_come_back() -> None:
    found = auto_reply(mail("She no longer works here.", "Auto-Submitted: auto-generated"), AT)
    assert found is not None
    assert (found.why, found.return_on) == ("left", None)


@given(st.binary(max_size=500))
def test_any_bytes_are_automatic_or_not(content: bytes) -> None:
    auto_reply(content, AT)
    auto_reply(b"Auto-Submitted: auto-replied\r\n" + content, AT)
