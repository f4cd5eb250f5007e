"""TRL's GRPOTrainer on the CPU, for `npm run bench:engine -- --python PATH`.

One argument: JSON with folder, dtype ("float32" or "bfloat16" autocast), threads, prompts, prompt, groupSize, newTokens,
batchTokens. Every line on standard input runs one full step (sample, score, train) and is answered with
"seconds S".
"""

import json
import sys
import tempfile
import time

import torch
from datasets import Dataset
from transformers import AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

settings = json.loads(sys.argv[1])
torch.set_num_threads(settings["threads"])
low = settings["dtype"] == "bfloat16"
count, length, group = settings["prompts"], settings["prompt"], settings["groupSize"]
tokenizer = AutoTokenizer.from_pretrained(settings["folder"])
vocabulary = len(tokenizer)


def text(row):
    return " ".join(f"t{(at * 7 + row * 13) % (vocabulary - 1)}" for at in range(length))


def reward(completions, **_):
    """Returns the share of even tokens; any reward with variance works."""
    words = [one.split() for one in completions]
    return [sum(int(word[1:]) % 2 == 0 for word in row) / max(1, len(row)) for row in words]


class OneAtATime(TrainerCallback):
    """Waits for a line before every step and prints its seconds afterwards."""

    def on_step_begin(self, args, state, control, **_):
        if not sys.stdin.readline():
            control.should_training_stop = True
        self.start = time.perf_counter()

    def on_step_end(self, args, state, control, **_):
        print("seconds", time.perf_counter() - self.start, flush=True)


rollouts = count * group
micro = max(1, min(rollouts, settings["batchTokens"] // (length + settings["newTokens"])))
while rollouts % micro != 0:
    micro -= 1
config = GRPOConfig(
    output_dir=tempfile.mkdtemp(),
    use_cpu=True,
    bf16=low,
    per_device_train_batch_size=micro,
    gradient_accumulation_steps=rollouts // micro,
    num_generations=group,
    max_completion_length=settings["newTokens"],
    temperature=1.0,
    beta=0.01,
    learning_rate=1e-6,
    max_steps=1000,
    gradient_checkpointing=False,
    save_strategy="no",
    report_to=[],
    disable_tqdm=True,
    logging_steps=1000,
    model_init_kwargs={"dtype": "float32"},
)
trainer = GRPOTrainer(
    model=settings["folder"],
    processing_class=tokenizer,
    reward_funcs=reward,
    args=config,
    train_dataset=Dataset.from_list([{"prompt": text(row)} for row in range(count)]),
    callbacks=[OneAtATime()],
)
trainer.train()
