from aicmo_dagster.stages.matching.nicknames import formal_names


def test_a_nickname_knows_its_formal_names() -> None:
    assert "robert" in formal_names("bob")
    assert "alexander" in formal_names("sascha")
    assert "jose" in formal_names("pepe")


def test_a_name_is_always_among_its_formal_names() -> None:
    assert formal_names("zaphod") == ["zaphod"]
    assert "bob" in formal_names("bob")
