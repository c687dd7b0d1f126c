import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.mail.replies import categorise

REPLIES = {
    "unsubscribe": [
        "Please remove me from your list.",
        "STOP",
        "Stop emailing me!",
        "I never signed up, take me off your mailing list please.",
        "Bitte nehmen Sie mich aus dem Verteiler.",
        "Bitte keine weiteren E-Mails mehr.",
        "Löschen Sie meine Daten.",
        "Merci de me désinscrire.",
        "Je ne veux plus recevoir de mails de votre part.",
        "Por favor, no me escriban más.",
        "Quiero darme de baja.",
        "Cancellatemi dalla lista, per favore.",
        "Non desidero più ricevere le vostre mail.",
        "Não quero mais receber estes e-mails.",
        "Graag uitschrijven.",
        "Haal mij van deze lijst af.",
    ],
    "not_interested": [
        "Thanks, but we are not interested.",
        "No thanks.",
        "We already use another tool and we're happy with it.",
        "Danke, kein Interesse.",
        "Nein danke, wir haben keinen Bedarf. Kein Bedarf.",
        "Non merci, nous ne sommes pas intéressés.",
        "No, gracias.",
        "No nos interesa, saludos.",
        "Non siamo interessati, grazie.",
        "Não temos interesse, obrigado.",
        "Nee bedankt, geen interesse.",
    ],
    "not_now": [
        "This is not a priority right now, maybe next quarter.",
        "Please reach out again in January.",
        "Im Moment leider nicht, melden Sie sich gern im nächsten Quartal.",
        "Pas pour le moment, revenez vers moi l'année prochaine.",
        "Por ahora no, quizá más adelante.",
        "Al momento no, ne riparliamo l'anno prossimo.",
        "No momento não, talvez mais tarde.",
        "Op dit moment niet, misschien volgend jaar.",
    ],
    "interested": [
        "Sounds good, let's talk on Tuesday.",
        "I'm interested. Can you send me more details?",
        "Klingt gut, gerne mehr dazu.",
        "Ça m'intéresse, appelez-moi demain.",
        "Me interesa, llámeme mañana.",
        "Mi interessa, sentiamoci domani.",
        "Tenho interesse, vamos conversar.",
        "Klinkt goed, bel me morgen.",
    ],
    "referral": [
        "You should talk to my colleague who handles this.",
        "I am not the right person for this.",
        "Bitte wenden Sie sich an meine Kollegin.",
        "Contactez plutôt ma collègue.",
        "Hable con mi compañera, por favor.",
        "Si rivolga al mio collega.",
        "Fale com a minha colega.",
        "Neem contact op met mijn collega.",
    ],
    "question": [
        "How much does it cost?",
        "Was kostet das?",
        "Quel est le prix ?",
        "Where did you get my address?",
    ],
}


@pytest.mark.parametrize(
    ("text", "name"), [(text, name) for name, texts in REPLIES.items() for text in texts]
)
def test_a_clear_reply_has_its_category_with_confidence(text: str, name: str) -> None:
    found = categorise(text)
    assert (found.name, found.confidence >= 0.6) == (name, True)


@pytest.mark.parametrize("text", ["", "Hm.", "Received with thanks", "Please do not remove me, I like it"])
def test_what_is_not_clear_is_left_to_a_person(text: str) -> None:
    assert categorise(text).confidence < 0.6


def test_a_subject_alone_can_be_the_wish() -> None:
    assert categorise("", "Unsubscribe").name == "unsubscribe"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("It's not a bad idea, show us.", "interested"),
        ("Da spricht nichts dagegen.", "interested"),
        ("Ja, gerne. Wann haben Sie Zeit?", "interested"),
        ("If it stays below 300 a month, we take it.", "interested"),
        ("We were interested until the quote came in.", "not_interested"),
        ("Interesting, but too expensive for us.", "not_interested"),
        ("Cela ne nous intéresse pas.", "not_interested"),
        ("Nope.", "not_interested"),
        ("Interesting, but please stop sending mails.", "unsubscribe"),
        ("No tenemos presupuesto, quizás más tarde.", "not_now"),
    ],
)
def test_the_decisive_words_win_over_words_of_another_category(text: str, name: str) -> None:
    assert categorise(text).name == name


def test_who_asks_not_to_stop_is_not_taken_off() -> None:
    assert categorise("Please do not stop mailing me about this").name != "unsubscribe"


def test_an_address_alone_is_left_to_a_person() -> None:
    found = categorise("Kim, kim@example.com")
    assert (found.name, found.confidence < 0.6) == ("referral", True)


@given(st.text(max_size=400))
def test_any_text_has_a_category(text: str) -> None:
    assert 0 <= categorise(text, text[:50]).confidence <= 1
