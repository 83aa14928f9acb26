"""Orders of reading drawn by lot, and what an audit trail tells of how a list was read."""

import pytest
from M1SHThkLib.cohort.reading_order import FIRST, REPEAT, draw_order
from M1SHThkLib.cohort.trail_checks import trail_faults

DRAW = draw_order(3, ["R1"], seed=1, repeat_share=1 / 3)
CASES = [turn.case for turn in DRAW.turns]


def test_a_reader_joining_later_changes_nobodys_order():
    alone, both = draw_order(20, ["R1"], 5, 0.2), draw_order(20, ["R2", "R1"], 5, 0.2)
    assert alone.codes == both.codes
    assert alone.turns == tuple(turn for turn in both.turns if turn.reader == "R1")


def test_every_exam_comes_first_as_often_as_any_other():
    first = [draw_order(4, ["R1"], seed).turns[0].case for seed in range(400)]
    exams = [draw_order(4, ["R1"], seed).codes[case][0] for seed, case in enumerate(first)]
    assert all(70 < exams.count(exam) < 130 for exam in range(4))


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.25, 5), (1.0, 20)])
def test_repeats_have_codes_of_their_own_and_come_last(share, count):
    turns = draw_order(20, ["R1"], 5, share).turns
    assert [turn.block for turn in turns] == [FIRST] * 20 + [REPEAT] * count
    assert len({turn.case for turn in turns}) == 20 + count


def trail(*events):
    """Entries of (event, case), a minute apart."""
    return [
        {"event": event, "case": case, "time": f"2026-01-01T10:{minute:02d}:00+00:00"}
        for minute, (event, case) in enumerate(events)
    ]


def read(case):
    return [("case_opened", case), ("score_locked", case), ("drawing_begun", case), ("case_finished", case)]


ALL = [event for case in CASES for event in read(case)]


def faults(events, days=0.0):
    return [(fault.case, fault.words) for fault in trail_faults(DRAW.turns, trail(*events), lambda case: True, days)]


def test_a_list_read_as_it_should_be_has_no_fault():
    assert faults(ALL) == []
    assert faults(ALL[:6]) == []


FAULTS = {
    "another order": ([*read(CASES[1]), *read(CASES[0])], "its place is"),
    "two at once": ([ALL[0], *read(CASES[1])], "before"),
    "drawn before the score": ([ALL[0], ALL[2], ALL[1], ALL[3]], "before its score was locked"),
    "no score": ([ALL[0], ALL[3]], "without a locked score"),
    "score changed": ([ALL[0], ALL[1], *ALL[1:4]], "more than once"),
    "gone on with": ([*ALL[:4], ("region_accepted", CASES[0])], "after it was finished"),
    "finished twice": ([*ALL[:4], ALL[3]], "twice"),
    "unblinded": ([ALL[0], ("other_data", CASES[0]), *ALL[1:4]], "unblinded"),
    "of another list": ([("case_opened", "ZZZZZ")], "not on the reader's list"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_as_the_protocol_has_it_is_told(fault):
    events, words = FAULTS[fault]
    assert any(words in told for _, told in faults(events))


def test_repeats_that_came_too_soon_are_told():
    ((case, words),) = faults(ALL, days=1)
    assert case == CASES[3] and "before 1 days" in words
