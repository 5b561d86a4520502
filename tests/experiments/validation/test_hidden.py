"""A rule that tells and does not answer, before one that would: a remark, and no fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.validation.declarations import check_file

POLICY = """\
policy: mine
meaning: traces go to partners
source: trial
extends: bilateral
rules:
  - meaning: traces go to partners that one knows, whoever wrote them
    match: {reports: [trace, pattern], over: [bilateral]}
    %s
    assumed: trial
"""
TOLD = (
    "rules[0] tells and does not answer, and is the first to match where rules[0] of bilateral"
    " would answer (airports, cyber-outbreak, organised-crime, ports, sea-borders, terrorism,"
    " three-at-once)"
)


@pytest.mark.parametrize(
    ("grant", "hides"),
    [
        ("push: {chance: 0.18}", True),
        ("push: {chance: 0.18}\n    pull: {answer: hit, chance: 0.5}", False),
        ("push: {chance: 1}", False),  # nobody has to ask
        ("trust: false", False),  # a refusal
    ],
)
def test_a_rule_that_hides_an_answer_is_told(grant: str, hides: bool, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(POLICY % grant)
    first, *remarks = check_file(file).splitlines()
    assert first == "policy mine"
    assert [remark.startswith(TOLD) for remark in remarks] == [True] * hides


def test_a_rule_that_matches_elsewhere_hides_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = POLICY % "push: {chance: 0.18}"
    file.write_text(text.replace("over: [bilateral]", "over: [siena], receiver: [frontex]"))
    assert check_file(file) == "policy mine"
