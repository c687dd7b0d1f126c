from pathlib import Path

from aicmo_dagster.stages.standard import reference
from aicmo_dagster.stages.standard.model import STANDARD

PAGE = Path(__file__).parents[3] / "docs" / "scoring.md"


def test_the_page_about_the_model_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.markdown(), (
        "python -m aicmo_dagster.stages.standard.reference > docs/scoring.md"
    )


def test_every_dimension_has_its_source_and_its_rule_on_the_page() -> None:
    page = reference.markdown()
    for one in STANDARD.dimensions:
        assert f"| `{one.name}` | " in page
        assert one.source
        assert one.says
