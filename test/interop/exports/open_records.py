"""Opens the exported records of a run with the real programs: datasets and pyarrow, TensorBoard, trackio.

    pip install datasets tensorboard trackio
    python open_records.py RUN            # with the folders RUN-data, RUN-tensorboard and RUN-trackio here
"""

import os
import sys

run = sys.argv[1]
os.environ["TRACKIO_DIR"] = os.path.abspath(run + "-trackio")

import datasets
import pyarrow
import pyarrow.parquet
import tensorboard
import trackio
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from trackio.sqlite_storage import SQLiteStorage

datasets.disable_progress_bars()
print(f"datasets {datasets.__version__}, pyarrow {pyarrow.__version__}")
for table in ["questions", "attempts", "rollouts"]:
    rows = datasets.load_dataset(run + "-data", table, split="train")
    lines = datasets.load_dataset("json", data_files=f"{run}-data/jsonl/{table}.jsonl", split="train")
    differ = sum(a != b for a, b in zip(rows, lines)) + abs(len(rows) - len(lines))
    groups = pyarrow.parquet.ParquetFile(f"{run}-data/{table}.parquet").num_row_groups
    print(f"  {table}: {len(rows)} rows, {len(rows.features)} columns, {groups} row groups, {differ} unlike JSON lines")

events = EventAccumulator(run + "-tensorboard", size_guidance={"scalars": 0})
events.Reload()
tags = events.Tags()["scalars"]
print(f"tensorboard {tensorboard.__version__}")
print(f"  {len(tags)} tags, {sum(len(events.Scalars(tag)) for tag in tags)} values")
for tag in ["solver/reward", "held_out/arithmetic/mean"]:
    print(f"  {tag}:", [(event.step, round(event.value, 4)) for event in events.Scalars(tag)])

print(f"trackio {trackio.__version__}")
for project in SQLiteStorage.get_projects():
    for name in SQLiteStorage.get_runs(project):
        names = SQLiteStorage.get_all_metrics_for_run(project, name)
        logs = SQLiteStorage.get_logs(project, name)
        print(f"  project {project}, run {name}: {len(names)} metrics, {sum(len(log) - 2 for log in logs)} values")
