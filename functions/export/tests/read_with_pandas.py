"""Reads exported files as an analyst would. pandas.test.mjs writes them and expected.json into the folder it names."""

import json
import sys
from pathlib import Path

import pandas

folder = Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def read(name, **options):
    """Nothing is said of encoding, quotes or line ends: what a file needs to be told is a fault of the file."""
    return pandas.read_csv(folder / f"{name}.csv", **options)


def is_time(column):
    return str(column.dtype).startswith("datetime64") and str(column.dtype).endswith("UTC]")


# Texts such as `NA` are texts here, while empty cells of numbers are missing.
texts = dict(keep_default_na=False, na_values={"ttft_ms": [""]})
times = ["created_at", "completed_at"]

conversations = read("conversations", keep_default_na=False, parse_dates=["created_at", "updated_at"])
assert len(conversations) == len(expected["turns"]), conversations
assert is_time(conversations["created_at"]), conversations.dtypes
assert (conversations["message_count"] == 2).all()
conversations = conversations.set_index("id")

messages = read("messages", parse_dates=times, **texts)
assert len(messages) == 2 * len(expected["turns"]) + expected["rated"] * 2, len(messages)
assert all(is_time(messages[name]) for name in times), messages.dtypes
assert messages["created_at"].is_monotonic_increasing
assert set(messages["role"]) == {"user", "assistant"} and set(messages["status"]) == {"complete"}

for turn in expected["turns"]:
    conversation = conversations.loc[turn["conversation_id"]]
    assert conversation["title"] == turn["title"], (conversation["title"], turn)
    assert conversation["user_id"] == turn["user_id"], (conversation["user_id"], turn)
    said = messages[messages["conversation_id"] == turn["conversation_id"]].sort_values("position")
    assert list(said["role"]) == ["user", "assistant"], turn
    assert list(said["content"]) == [turn["said"], turn["answered"]], (list(said["content"]), turn)

answers = messages[messages["role"] == "assistant"].copy()
numbers = ["tokens_in", "tokens_out", "latency_ms", "cost_usd"]
answers[numbers] = answers[numbers].apply(pandas.to_numeric)
assert (answers["tokens_out"] > 0).all() and (answers["latency_ms"] >= 0).all()
tried = answers[answers["variant"] != ""]
assert len(tried) == expected["rated"] and set(tried["variant"]) <= {arm["name"] for arm in expected["variants"]}

results = read("results")
primary = results[results["is_primary"]].set_index("variant")
assert (results["experiment_name"] == expected["experiment_name"]).all(), results["experiment_name"]
assert results["is_primary"].dtype == bool and set(primary["metric"]) == {"approval"}
assert list(primary.index) == [arm["name"] for arm in expected["variants"]], primary.index
for arm in expected["variants"]:
    row = primary.loc[arm["name"]]
    for name in ["weight", "exposures", "samples", "mean", "probability_best"]:
        value = arm[name]
        assert pandas.isna(row[name]) if value is None else row[name] == value, (name, row[name], value)
    for name, place in [("interval_low", 0), ("interval_high", 1)]:
        assert arm["interval"] is None or row[name] == arm["interval"][place], (name, row[name], arm)
assert primary["samples"].sum() == expected["rated"], primary["samples"]
