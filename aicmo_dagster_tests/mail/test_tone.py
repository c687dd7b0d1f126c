import pytest

from aicmo_dagster.campaign.sequences import shipped
from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.mail.tone import doubts
from aicmo_dagster_tests.outreach import config

LINK = "[a](https://example.com/) "


def found(subject: str, text: str) -> list[str]:
    step = {
        "day": 0,
        "subject": "Hello",
        "text": "Hello",
        "variants": [{"name": "v", "subject": subject, "text": text}],
    }
    return doubts("mine", Sequence.model_validate({"days": 1, "steps": [step]}), config())


@pytest.mark.parametrize(
    ("subject", "text", "doubt"),
    [
        ("LAST CHANCE NOW", "x", "the subject is all in capitals"),
        ("x" * 79, "x", "the subject has 79 characters"),
        ("Hello!", "Now! Now!", "has 3 exclamation marks"),
        ("x", LINK * 4, "has 4 links"),
    ],
)
def test_what_looks_like_advertising_is_told(subject: str, text: str, doubt: str) -> None:
    (only,) = found(subject, text)
    assert only.startswith(f"sequence 'mine' step 1 variant 'v': {doubt}")


def test_ordinary_words_raise_no_doubt() -> None:
    assert found("EU-DSGVO and {{ company }}", f"Hello! {LINK * 3}") == []


@pytest.mark.parametrize("name", shipped())
def test_the_shipped_texts_raise_none(name: str) -> None:
    assert doubts(name, shipped()[name], config()) == []
