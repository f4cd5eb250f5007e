"""PyTorch and transformers, for `npm run bench:engine` and `npm run bench:webgpu`, with `--python PATH`.

One argument: JSON with folder, task ("sampling" or "train"), dtype ("float32" or "bfloat16"), threads, device ("cpu", the
default, or "cuda"), and the sizes.
Every line on standard input runs one round and is answered with "seconds S".
"""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM

settings = json.loads(sys.argv[1])
torch.set_num_threads(settings["threads"])
torch.manual_seed(1)
low = settings["dtype"] == "bfloat16"
device = settings.get("device", "cpu")


def prompts(count, length, vocabulary):
    rows = torch.arange(count).unsqueeze(1) * 13
    return (torch.arange(length).unsqueeze(0) * 7 + rows) % (vocabulary - 1)


def sampling():
    dtype = torch.bfloat16 if low else torch.float32
    model = AutoModelForCausalLM.from_pretrained(settings["folder"], dtype=dtype).eval().to(device)
    ids = prompts(settings["sequences"], settings["prompt"], model.config.vocab_size).to(device)
    new = settings["newTokens"]

    def once():
        with torch.inference_mode():
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                min_new_tokens=new,
                max_new_tokens=new,
            )
        assert out.shape[1] == ids.shape[1] + new

    return once


def train():
    model = AutoModelForCausalLM.from_pretrained(settings["folder"], dtype=torch.float32).train().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, weight_decay=0.01, fused=True)
    ids = prompts(settings["sequences"], settings["length"] + 1, model.config.vocab_size).to(device)

    def once():
        with torch.autocast(device, dtype=torch.bfloat16, enabled=low):
            logits = model(ids[:, :-1], use_cache=False).logits
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return once


run = {"sampling": sampling, "train": train}[settings["task"]]()
for _ in sys.stdin:
    start = time.perf_counter()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    print("seconds", time.perf_counter() - start, flush=True)
