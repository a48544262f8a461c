"""Who may come in: passwords, how fast they may be guessed, keys, and the demo's people."""

from __future__ import annotations

from single_window.accounts import passwords, service
from single_window.accounts.demo import seed_demo
from single_window.accounts.permissions import TABLE, Action, Principal, Role
from single_window.accounts.service import Refused
from tests.portal import Portal, agencies

NOW = 1_800_000_000_000


def test_the_right_words_let_the_right_person_in(portal: Portal) -> None:
    found = service.log_in(portal.store, "customs", portal.password("customs"), now=NOW)
    assert isinstance(found, Principal)
    assert (found.role, found.agency) == (Role.OFFICER, "customs")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(portal: Portal) -> None:
    wrong = service.log_in(portal.store, "broker", "guess", now=NOW)
    assert wrong == service.log_in(portal.store, "nobody", "guess", now=NOW) == Refused("wrong")


def test_five_wrong_passwords_lock_even_the_right_one_out_for_a_while(portal: Portal) -> None:
    right = portal.password("broker")
    for _ in range(passwords.TRIES):
        last = service.log_in(portal.store, "broker", "guess", now=NOW)
    assert last == Refused("locked", NOW + passwords.FIRST_LOCK_MS)
    assert service.log_in(portal.store, "broker", right, now=NOW + 1) == last
    later = service.log_in(portal.store, "broker", right, now=NOW + passwords.FIRST_LOCK_MS)
    assert isinstance(later, Principal)


def test_each_further_failure_locks_for_twice_as_long_up_to_an_hour() -> None:
    assert passwords.lock_ms(passwords.TRIES - 1) == 0
    first = passwords.lock_ms(passwords.TRIES)
    assert passwords.lock_ms(passwords.TRIES + 1) == 2 * first
    assert passwords.lock_ms(1000) == passwords.LONGEST_LOCK_MS


def test_the_right_password_forgives_the_failures_before(portal: Portal) -> None:
    for _ in range(3):
        for _ in range(passwords.TRIES - 1):
            service.log_in(portal.store, "broker", "guess", now=NOW)
        right = service.log_in(portal.store, "broker", portal.password("broker"), now=NOW)
        assert isinstance(right, Principal)


def test_a_key_is_known_until_it_is_revoked_and_is_kept_as_a_hash_only(portal: Portal) -> None:
    with portal.store.database.write() as connection:
        key = service.issue_key(connection, 1, role=Role.TRADER, label="mine")
        assert service.holder(connection, key) is not None
        service.revoke_keys(connection, 1, label="mine", now=NOW)
        assert service.holder(connection, key) is None
    assert key.encode() not in (portal.store.settings.data / "window.db").read_bytes()


def test_a_second_start_of_the_demo_keeps_its_logins_and_keys(portal: Portal) -> None:
    assert seed_demo(portal.store, portal.demo, agencies=agencies()) == portal.demo
    found = service.log_in(portal.store, "broker", portal.password("broker"), now=NOW)
    assert isinstance(found, Principal)


def test_a_demo_whose_words_were_lost_gets_new_ones_and_the_old_end(portal: Portal) -> None:
    anew = seed_demo(portal.store, agencies=agencies())
    assert anew["keys"].keys() == portal.demo["keys"].keys()
    with portal.store.database.read() as connection:
        assert service.holder(connection, portal.demo["keys"]["broker"]) is None
        assert service.holder(connection, anew["keys"]["broker"]) is not None
    old = service.log_in(portal.store, "broker", portal.password("broker"), now=NOW)
    assert old == Refused("wrong")


def test_every_action_is_somebodys_and_every_role_can_do_something() -> None:
    assert TABLE.keys() == {*Action}
    assert all(TABLE.values())
    assert set().union(*TABLE.values()) == {*Role}


def test_only_who_belongs_to_an_agency_answers_for_one() -> None:
    officer = Principal(1, "", "", Role.OFFICER, "o", agency="tax")
    assert officer.may(Action.ANSWER)
    assert not Principal(1, "", "", Role.OFFICER, "o").may(Action.ANSWER)


def test_everybody_but_the_operator_sees_their_own_organisation_only() -> None:
    assert Principal(7, "", "", Role.BROKER, "b").scope.organisation_id == 7
    assert Principal(7, "", "", Role.OPERATOR, "o").scope.organisation_id is None


def test_the_demo_has_an_officer_and_a_key_for_whatever_agency_there_is(portal: Portal) -> None:
    class Post:
        name, label_zh, label_en = "post", "邮政", "Post"

    told = seed_demo(portal.store, agencies=[Post()])
    assert told["keys"].keys() == {"trader", "broker", "post", "operator"}
    with portal.store.database.read() as connection:
        found = service.holder(connection, told["keys"]["post"])
    assert found is not None and (found.role, found.agency) == (Role.OFFICER, "post")
