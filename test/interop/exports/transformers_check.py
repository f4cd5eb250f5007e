"""Opens an exported folder, or a PEFT adapter, with transformers and compares it with the output of `greedy.ts`:
tokens of the prompts, and the most likely token after every token of the answers.

    pip install torch transformers peft
    OMP_NUM_THREADS=1 python transformers_check.py FOLDER ours.json
"""

import json
import os
import sys

import torch
import transformers

folder, ours = sys.argv[1:3]
torch.set_num_threads(1)
with open(ours) as file:
    rows = json.load(file)["rows"]
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
if os.path.exists(os.path.join(folder, "adapter_config.json")):
    from peft import AutoPeftModelForCausalLM

    model = AutoPeftModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
else:
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

prompts = answers = steps = 0
with torch.no_grad():
    for row in rows:
        prompts += tokenizer(row["prompt"], add_special_tokens=False)["input_ids"] == row["tokens"]
        logits = model(torch.tensor([row["tokens"] + row["answer"]])).logits[0]
        chosen = logits[len(row["tokens"]) - 1 : -1].argmax(-1).tolist()
        equal = sum(a == b for a, b in zip(chosen, row["answer"]))
        steps += equal
        answers += equal == len(row["answer"])
print(
    json.dumps(
        {
            "folder": os.path.basename(os.path.abspath(folder)),
            "prompts": len(rows),
            "promptTokensEqual": prompts,
            "answersEqual": answers,
            "greedyTokensEqual": steps,
            "greedyTokens": sum(len(row["answer"]) for row in rows),
            "transformers": transformers.__version__,
            "torch": torch.__version__,
        }
    )
)
