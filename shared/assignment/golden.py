#!/usr/bin/env python3
"""Writes golden.json: the algorithm of README.md with hashlib and math.log, sharing nothing with the Rust code."""

import hashlib
import json
import math
import pathlib
import uuid


def salted(salt, purpose, unit):
    return hashlib.sha256(f"{salt}\x1f{purpose}\x1f{unit}".encode("utf-8")).digest()


def leading(digest):
    return int.from_bytes(digest[:8], "big")


def expected(definition, unit):
    salt, arms = definition["salt"], definition["arms"]
    answer = {"bucket": None, "scores": [None] * len(arms)}
    if unit:
        answer["bucket"] = leading(salted(salt, "inclusion", unit)) * 10_000 >> 64
        answer["scores"] = [score(salt, arm, unit) for arm in arms]
    answer["arm"], answer["reason"] = decide(definition, unit, answer)
    # Text, because JSON readers may lose the last bit of a number.
    answer["scores"] = [None if s is None else format(s, ".17g") for s in answer["scores"]]
    return answer


def score(salt, arm, unit):
    if arm["weight_bp"] == 0:
        return None
    seed = salted(salt, "variant", unit)[:16]
    h = leading(hashlib.sha256(seed + arm["key"].encode("utf-8")).digest())
    u = ((h >> 12) + 0.5) / 2.0**52
    return -math.log(u) / arm["weight_bp"]


def decide(definition, unit, answer):
    if definition["killed"]:
        return 0, "killed"
    if not unit:
        return 0, "no_unit"
    if unit in definition["forced"]:
        keys = [arm["key"] for arm in definition["arms"]]
        return keys.index(definition["forced"][unit]), "forced"
    if answer["bucket"] >= definition["coverage_bp"]:
        return 0, "not_included"
    scored = [(s, index) for index, s in enumerate(answer["scores"]) if s is not None]
    return min(scored)[1], "assigned"


def definition(salt, coverage_bp, arms, forced=None, killed=False):
    return {
        "salt": salt,
        "coverage_bp": coverage_bp,
        "arms": [{"key": key, "weight_bp": weight_bp} for key, weight_bp in arms],
        "forced": forced or {},
        "killed": killed,
    }


def units():
    yield ""
    yield from ["1", "2", "17", "100000", " ", "a", "user-17", "USER-17", "with\u001fseparator", "x" * 300]
    yield from [f"reader{n}@example.com" for n in range(6)]
    yield from [str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{n}.example.com")) for n in range(6)]
    # No normalisation: composed and decomposed are two units.
    yield from ["caf\u00e9", "cafe\u0301", "Łódź", "用户-42", "مستخدم", "пользователь", "🦀", "👩‍👩‍👧", "İstanbul"]


DEFINITIONS = [
    definition("exp_halves", 10_000, [("control", 5_000), ("treatment", 5_000)]),
    definition("exp_covered", 2_500, [("control", 5_000), ("treatment", 5_000)]),
    definition("exp_skewed", 10_000, [("control", 9_000), ("a", 900), ("b", 100), ("off", 0)]),
    definition("exp_ten", 9_000, [(f"ver_{n}", 1_000) for n in range(10)]),
    definition("exp_größe", 10_000, [("基準", 3_334), ("短い", 3_333), ("长", 3_333)]),
    definition("exp_none", 0, [("control", 5_000), ("treatment", 5_000)]),
    definition("exp_forced", 1, [("control", 10_000), ("preview", 0)], {"user-17": "preview", "用户-42": "preview"}),
    definition("exp_killed", 10_000, [("control", 1), ("b", 9_999)], {"user-17": "b"}, killed=True),
]


def main():
    groups = [
        {"definition": d, "cases": [{"unit": unit, **expected(d, unit)} for unit in units()]} for d in DEFINITIONS
    ]
    pathlib.Path(__file__).with_name("golden.json").write_text(layout(groups), encoding="utf-8")


def layout(groups):
    """One line a case: small, and a change shows in a diff."""
    blocks = []
    for group in groups:
        cases = ",\n".join("   " + json.dumps(case) for case in group["cases"])
        blocks.append(f' {{"definition": {json.dumps(group["definition"])},\n  "cases": [\n{cases}\n  ]}}')
    return "[\n" + ",\n".join(blocks) + "\n]\n"


main()
