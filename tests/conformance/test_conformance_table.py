"""docs/conformance.md has a row for every case, as the case is; every group of the public list is there."""

from conformance_list import OWN, PAGE, all_cases, group, page

# How many cases of each group Autobahn 0.8 has, without those that are about compression.
_COUNTS = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1}


def test_the_page_is_what_the_cases_are():
    text = PAGE.read_text()
    assert text == page(text), "python tests/conformance/conformance_list.py renews it"


def test_no_case_is_missing():
    counts = {}
    for case in all_cases():
        counts[group(case)] = counts.get(group(case), 0) + 1
    del counts[OWN]
    assert counts == _COUNTS


def test_every_case_has_a_name_of_its_own():
    names = [case.name for case in all_cases()]
    assert len(set(names)) == len(names)
