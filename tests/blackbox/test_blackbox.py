"""The black box: batches, files, starts, and what it does when it has no room, on CPython and the board model."""

import time

from host.pull import events

BOUND = 64 * 1024
BATCH = 512


def files(tmp_path):
    return sorted((tmp_path / "log").glob("*.ndj"))


def story(tmp_path):
    return events.read(file.read_bytes() for file in files(tmp_path))


def numbers(tmp_path):
    return [event["n"] for event in story(tmp_path).events if event["k"] == "net"]


def test_events_wait_five_seconds_for_company_or_one_when_the_batch_is_half_full(run, tmp_path):
    said = run("box.py", BOUND, BATCH, "", "1-2", "+3000", "3-3")
    assert said == ["+3000 None"] and not files(tmp_path)
    run("box.py", BOUND, BATCH, "", "1-2", "+5000", "3-3")
    assert numbers(tmp_path) == [1, 2]
    run("box.py", BOUND, BATCH, "", "4-15", "+500")
    assert numbers(tmp_path) == [1, 2]
    run("box.py", BOUND, BATCH, "", "4-15", "+1000", "+1000")
    assert numbers(tmp_path) == [1, 2, *range(4, 16)]


def test_nothing_is_written_while_nothing_happens(run, tmp_path):
    run("box.py", BOUND, BATCH, "", "+5000", "!")
    assert not files(tmp_path)


def test_every_event_has_its_own_time_to_the_millisecond(run, tmp_path):
    before = time.time()
    run("box.py", BOUND, BATCH, "", "1-1", "w300", "2-2", "!")
    first, second = story(tmp_path).events
    times = [events.datetime.fromisoformat(each["time"]).timestamp() for each in (first, second)]
    assert before - 0.001 <= times[0] <= time.time() and times[1] <= time.time() + 0.001
    assert 0.29 <= times[1] - times[0] < 3
    assert list(first) == ["time", "boot", "k", "n"]


def test_a_full_batch_keeps_the_oldest_whole_events_and_says_how_many_it_lost(run, tmp_path):
    run("box.py", BOUND, BATCH, "", "1-40", "!", "41-41", "!")
    told = story(tmp_path)
    kept = numbers(tmp_path)
    assert kept[:-1] == list(range(1, len(kept))) and kept[-1] == 41 and 10 < len(kept) < 40
    lost = [event for event in told.events if event["k"] == "lost"]
    assert [event["n"] for event in lost] == [40 - len(kept[:-1])] == [told.lost]
    assert told.events.index(lost[0]) == len(kept) - 1  # where it happened


def test_of_many_records_it_takes_those_of_its_kinds(run, tmp_path):
    records = (
        '{"k":"state","n":1};{"k":"book","n":2};{"n":3,"k":"net"};{"k":"nets"};{};{"k":"signal"};'
    )
    run("box.py", BOUND, BATCH, 'statnet"', "=" + records, '={"k":"error","n":4};', "!")
    told = [(event["k"], event["n"]) for event in story(tmp_path).events]
    assert told == [("state", 1), ("net", 3)]
    run("box.py", BOUND, BATCH, "erro", "=" + records, "!", '={"k":"error","n":4};', "!")
    assert story(tmp_path).events[-1]["n"] == 4 and len(story(tmp_path).events) == 3


def test_starts_are_counted_and_files_go_on(run, tmp_path):
    for life in range(1, 4):
        run("box.py", BOUND, BATCH, "", f"{life}-{life}", "!")
    assert [(event["boot"], event["n"]) for event in story(tmp_path).events] == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]
    assert len(files(tmp_path)) == 1  # a board that starts over and over keeps its past


def test_a_torn_line_costs_itself_alone(run, tmp_path):
    run("box.py", BOUND, BATCH, "", "1-3", "!")
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    for at in range(len(whole) - 20, len(whole), 6):
        for later in files(tmp_path)[1:]:
            later.unlink()
        file.write_bytes(whole[:at])
        run("box.py", BOUND, BATCH, "", "4-4", "!")
        told = story(tmp_path)
        assert numbers(tmp_path) == [1, 2, 4] and told.torn == 1
        assert told.events[-1]["boot"] == 2


def test_a_file_cut_off_at_its_birth_leaves_the_count_to_the_one_before(run, tmp_path):
    run("box.py", BOUND, BATCH, "", "1-1", "!")
    (tmp_path / "log" / "000002.ndj").touch()
    run("box.py", BOUND, BATCH, "", "2-2", "!")
    assert [(event["boot"], event["n"]) for event in story(tmp_path).events] == [(1, 1), (2, 2)]


def test_a_smaller_bound_and_missing_files_and_foreign_ones_are_taken_as_they_come(run, tmp_path):
    deeds = [deed for first in range(0, 2000, 20) for deed in (f"{first}-{first + 19}", "!")]
    run("box.py", 128 * 1024, BATCH, "", *deeds)
    before = files(tmp_path)
    assert len(before) > 6
    before[-2].unlink()
    (tmp_path / "log" / "notes.txt").write_text("mine")
    (tmp_path / "log" / "mine.ndj").write_text("mine")
    run("box.py", 32 * 1024, BATCH, "", "5000-5000", "!")
    left = [int(file.stem) for file in files(tmp_path) if file.stem.isdigit()]
    assert left == [int(before[-1].stem)]
    assert (tmp_path / "log" / "notes.txt").exists()


def test_a_folder_that_cannot_be_is_told_of_once(run, tmp_path):
    (tmp_path / "log").write_text("a file has the folder's name")
    said = run("box.py", BOUND, BATCH, "", "1-2", "!", "3-4", "!", "+5000")
    assert said[0].startswith("! black box: error ")
    assert said[1:] == ["! None", "+5000 None"]
