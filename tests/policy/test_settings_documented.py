from config.settings import Settings
from tests.policy.settings_table import rows, table, written


def test_every_setting_is_in_the_readme_as_it_is() -> None:
    assert written() == table(), "run: python -m tests.policy.settings_table"


def test_every_setting_says_what_it_means() -> None:
    assert not [line for line in rows(Settings) if line.endswith("|  |")]
