"""Personal data at rest: nothing in the clear, nothing without the key, nothing after its end."""

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from config import keys, master_key
from config.database import connect, migrate
from config.keyring import Keyring, Locked
from config.settings import Settings
from config.vault import Clear, Sealed, Vault, open_vault

MASTER = [bytes(range(32))]
WHO = "home:larkspur-1"
NAME = "Mx Larkspur-Invented"


def vault_in(folder: Path) -> Vault:
    return open_vault(folder / "keys.db", MASTER)


def sealed(vault: Vault, *, who: str = WHO, place: str = "fenbridge") -> str:
    return vault.seal([Clear(who, place, "person", NAME)])[0]


def installation(folder: Path) -> tuple[Settings, Vault]:
    settings = Settings(data=folder)
    migrate(settings.database)
    return settings, keys.open_vault(settings, connect(settings.database))


def test_what_was_sealed_is_opened_again_also_by_another_process(tmp_path: Path) -> None:
    kept = sealed(vault_in(tmp_path))
    assert NAME not in kept
    assert vault_in(tmp_path).open([Sealed(WHO, "person", kept)]) == [NAME]


def test_the_same_name_is_never_sealed_to_the_same_text(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    assert sealed(vault) != sealed(vault)


@pytest.mark.parametrize(("who", "about"), [("home:other-1", "person"), (WHO, "key-safe")])
def test_a_text_that_was_put_elsewhere_does_not_open(tmp_path: Path, who: str, about: str) -> None:
    vault = vault_in(tmp_path)
    sealed(vault, who="home:other-1")
    with pytest.raises(Locked, match="was changed, or belongs to another"):
        vault.open([Sealed(who, about, sealed(vault))])


@pytest.mark.parametrize("text_", ["", "v1.", "v1.AAAA", "not sealed", "v1." + "A" * 64])
def test_a_text_that_was_changed_does_not_open(tmp_path: Path, text_: str) -> None:
    vault = vault_in(tmp_path)
    sealed(vault)
    with pytest.raises(Locked):
        vault.open([Sealed(WHO, "person", text_)])


def test_a_dropped_key_erases_and_leaves_no_byte_of_itself(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    kept, other = sealed(vault), sealed(vault, who="home:other-1")
    wrapped = vault.keyring._file.execute(
        "SELECT wrapped FROM subject_keys WHERE subject = ?", (WHO,)
    ).fetchone()[0]
    assert wrapped in (tmp_path / "keys.db").read_bytes()
    assert vault.drop([WHO]) == 1
    assert vault.open([Sealed(WHO, "person", kept)]) == [None]
    assert vault.open([Sealed("home:other-1", "person", other)]) == [NAME]
    for file in tmp_path.iterdir():
        assert wrapped not in file.read_bytes()
        assert WHO.encode() not in file.read_bytes()


def test_another_master_key_opens_nothing_and_says_so(tmp_path: Path) -> None:
    sealed(vault_in(tmp_path))
    locked = open_vault(tmp_path / "keys.db", [bytes(32)])
    assert "the master key is not the one" in locked.locked
    with pytest.raises(Locked):
        sealed(locked)


def test_keys_change_and_what_is_sealed_still_opens(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    kept = sealed(vault)
    before = (tmp_path / "keys.db").read_bytes()
    new = bytes(range(1, 33))
    assert vault.keyring.rotate_master([new]) == 1
    assert vault.keyring.rotate_place("fenbridge") == 1
    assert (tmp_path / "keys.db").read_bytes() != before
    assert open_vault(tmp_path / "keys.db", [new]).open([Sealed(WHO, "person", kept)]) == [NAME]
    assert open_vault(tmp_path / "keys.db", MASTER).locked


def test_a_rotation_that_stopped_half_way_opens_with_both_keys(tmp_path: Path) -> None:
    kept = sealed(vault_in(tmp_path))
    both = open_vault(tmp_path / "keys.db", [bytes(range(1, 33)), *MASTER])
    assert both.open([Sealed(WHO, "person", kept)]) == [NAME]


def test_a_process_that_missed_a_rotation_says_so_and_does_not_fall(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    kept = sealed(vault)
    other = open_vault(tmp_path / "keys.db", MASTER)
    vault.keyring.rotate_master([bytes(range(1, 33))])
    with pytest.raises(Locked, match="restart it"):
        other.open([Sealed(WHO, "person", kept)])


def test_each_place_has_a_key_of_its_own_and_moving_changes_it(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    kept = sealed(vault)
    vault.move([WHO], "northmoor")
    assert vault.keyring.counts() == {"northmoor": 1}
    assert vault.open([Sealed(WHO, "person", kept)]) == [NAME]


def test_a_failed_step_leaves_the_keyring_as_it_was(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)

    def fail() -> None:
        with vault.keyring._writing():
            vault.keyring.ensure([(WHO, "fenbridge")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert vault.keyring.counts() == {}


def test_the_first_opening_makes_private_files_and_later_ones_find_them(tmp_path: Path) -> None:
    settings, vault = installation(tmp_path)
    kept = sealed(vault)
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "keys.db", tmp_path / "master.key")} == {
        0o600
    }
    again = keys.open_vault(settings, connect(settings.database))
    assert again.open([Sealed(WHO, "person", kept)]) == [NAME]


def test_a_keyring_that_is_missing_is_refused_and_not_made_anew(tmp_path: Path) -> None:
    settings, vault = installation(tmp_path)
    vault.keyring.close()
    (tmp_path / "keys.db").unlink()
    locked = keys.open_vault(settings, connect(settings.database))
    assert "keys.db is missing" in locked.locked
    assert not (tmp_path / "keys.db").exists()


def test_another_database_s_keyring_is_refused(tmp_path: Path) -> None:
    settings, vault = installation(tmp_path)
    vault.keyring.close()
    Keyring(tmp_path / "other.db", master_key.read(settings)).copy(tmp_path / "keys.db")
    assert "another database" in keys.open_vault(settings, connect(settings.database)).locked


@pytest.mark.parametrize("held", ["", "short", "!!", "YQ==", "\xff"])
def test_a_master_key_that_is_none_is_told_without_showing_it(tmp_path: Path, held: str) -> None:
    settings, _ = installation(tmp_path)
    (tmp_path / "master.key").write_text(held, "latin-1")
    told = keys.open_vault(settings, connect(settings.database)).locked
    assert "holds no key, expected 32 random bytes" in told
    assert not held or held not in told.replace("master.key", "").replace("stillwell", "")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_master_key_that_others_can_read_is_closed_or_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    settings, vault = installation(tmp_path)
    kept, key = sealed(vault), tmp_path / "master.key"
    key.chmod(mode)
    again = keys.open_vault(settings, connect(settings.database))
    assert again.open([Sealed(WHO, "person", kept)]) == [NAME]
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(mode)
    owner = key.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    told = keys.open_vault(settings, connect(settings.database)).locked
    assert (f"chmod 600 {key}" in told) == (mode != 0o640)  # lent to our group by its owner
    assert key.stat().st_mode & 0o777 == mode


def test_a_master_key_that_is_missing_is_not_made_anew(tmp_path: Path) -> None:
    settings, _ = installation(tmp_path)
    (tmp_path / "master.key").unlink()
    assert "put it back" in keys.open_vault(settings, connect(settings.database)).locked
    assert not (tmp_path / "master.key").exists()


def test_the_master_key_may_come_by_the_environment(tmp_path: Path) -> None:
    given = {"master_key": master_key.make()}
    settings = Settings.model_validate({"data": tmp_path, "privacy": given})
    migrate(settings.database)
    assert not keys.open_vault(settings, connect(settings.database)).locked
    assert not (tmp_path / "master.key").exists()
    assert given["master_key"] not in repr(settings)


def test_migrating_seals_what_stood_in_the_clear_and_leaves_no_byte_of_it(tmp_path: Path) -> None:
    from alembic import command

    from config.database import _config

    settings = Settings(data=tmp_path)
    database = connect(settings.database)
    command.upgrade(_config(settings.database), "0028")
    with database.begin() as connection:
        for statement in _OLD:
            connection.execute(text(statement))
    with pytest.raises(Exception, match="needs the keys"):
        migrate(settings.database)
    vault = keys.open_vault(settings, database)
    migrate(settings.database, vault)
    with database.connect() as connection:
        row = connection.execute(text("SELECT sealed FROM contacts")).scalar_one()
        factor = connection.execute(text("SELECT sealed FROM second_factors")).scalar_one()
    assert vault.open_row("contact:contact-old", "contact", row) == {
        "name": NAME, "relation": "sister", "phone": "01632 960 009"
    }  # fmt: skip
    assert vault.open_row("account:account-old", "factor", factor) == {"secret": "OLDSECRET"}
    database.dispose()
    for file in tmp_path.iterdir():
        found = [s for s in (NAME, "01632 960 009", "OLDSECRET") if s.encode() in file.read_bytes()]
        assert not found, (file.name, found)
    config = _config(settings.database)
    config.attributes["vault"] = vault
    command.downgrade(config, "0028")
    with database.connect() as connection:
        assert connection.execute(text("SELECT name FROM contacts")).scalar_one() == NAME
        secret = connection.execute(text("SELECT secret FROM second_factors")).scalar_one()
        assert secret == "OLDSECRET"


_OLD = """
INSERT INTO homes (id, place, label, state, goes_out, residents, has_pets, risk_tier, enrolled_us)
VALUES ('home-old-1', 'fenbridge', 'Home 1', 'active', 'alone', 1, 0, 2, 0);
INSERT INTO contacts (id, home, kind, position, name, relation, phone, language, has_key,
  wait_min, confirmed_by, confirmed_us)
VALUES ('contact-old', 1, 'contact', 1, 'NAME', 'sister', '01632 960 009', 'en', 0, 3,
  'account-old', 0);
INSERT INTO accounts (id, email, name, password_hash, created_us)
VALUES ('account-old', 'old@example.org', 'Old Example', '', 0);
INSERT INTO second_factors (account, secret, confirmed_us, last_step)
VALUES ('account-old', 'OLDSECRET', 1, 0)
""".replace("NAME", NAME).split(";")
