"""`monitor query` with a folder of the user's own."""


def test_own_questions_are_listed(here):
    folder = here.folder / "ours"
    folder.mkdir()
    (folder / "answer.sql").write_text("-- What is it?\n\nselect 42 as it", encoding="utf-8")
    here.configure(more="queries: ours")
    listed = here.run("query", "--list").stdout
    assert "answer               What is it?" in listed
    assert "daily_figures" in listed
