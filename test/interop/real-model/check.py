"""Compares the output of `ours.ts` with transformers, and writes PyTorch's and PEFT's training steps for `training.ts`.

    python check.py MODEL_FOLDER OUT_FOLDER

The steps train on the model's real answers: a weighted sum of the log-probabilities of the answers' tokens, with weights
as GRPO makes them (an advantage per answer, divided by the number of tokens).
"""

import json
import os
import sys

import numpy
import peft
import torch
import transformers
from safetensors.torch import save_file

ADAMW = {"lr": 1e-4, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}
CLIP = 1.0
ADVANTAGES = [1.2, -0.8, 0.4, -1.1, 0.9, -0.6]
HERE = os.path.dirname(os.path.abspath(__file__))
folder, out = sys.argv[1:3]
torch.set_num_threads(2)


def load():
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def read(name):
    with open(name) as file:
        return json.load(file)


def compare_texts(rows):
    """Prompts and tokens of the chat template, and answers decoded to text."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    chats = read(os.path.join(HERE, "prompts.json"))
    found = {"prompts": 0, "promptTokens": 0, "answerTexts": 0}
    for chat, row in zip(chats, rows, strict=True):
        text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        found["prompts"] += text == row["prompt"]
        found["promptTokens"] += tokenizer(text, add_special_tokens=False)["input_ids"] == row["tokens"]
        found["answerTexts"] += tokenizer.decode(row["answer"], skip_special_tokens=True) == row["text"]
    return found


def compare_numbers(model, ours):
    """The most likely token after every token of an answer, log-probabilities of prompts, and all logits of some."""
    rows = ours["rows"]
    found = {"answers": 0, "answerTokens": 0, "greedyTokens": 0, "largestLogprobDifference": 0.0, "largestLogitDifference": 0.0}
    logits_of = {}
    leads = []
    with torch.no_grad():
        for at, row in enumerate(rows):
            logits = model(torch.tensor([row["tokens"] + row["answer"]])).logits[0]
            start = len(row["tokens"])
            best = logits[start - 1 : -1].topk(2)
            equal = [a == b for a, b in zip(best.indices[:, 0].tolist(), row["answer"])]
            leads += [(lead, same) for lead, same in zip((best.values[:, 0] - best.values[:, 1]).tolist(), equal)]
            found["answers"] += all(equal)
            found["greedyTokens"] += sum(equal)
            found["answerTokens"] += len(equal)
            logprobs = torch.log_softmax(logits[: start - 1], -1).gather(1, torch.tensor(row["tokens"][1:])[:, None])[:, 0]
            difference = (logprobs - torch.tensor(row["logprobs"])).abs().max().item()
            found["largestLogprobDifference"] = max(found["largestLogprobDifference"], difference)
            if at in ours["shortest"]:
                logits_of[at] = logits[:start]
    theirs = torch.cat([logits_of[at] for at in ours["shortest"]]).numpy()
    mine = numpy.fromfile(os.path.join(out, "logits.bin"), dtype=numpy.float32).reshape(theirs.shape)
    found["logits"] = theirs.size
    found["largestLogit"] = float(numpy.abs(theirs).max())
    found["largestLogitDifference"] = float(numpy.abs(mine - theirs).max())
    found["leadsWhereDifferent"] = [lead for lead, same in leads if not same]
    return found


def batch_of(rows):
    """Six answers to short prompts, shifted, with a weight for every answer token."""
    chosen = sorted(range(len(rows)), key=lambda at: len(rows[at]["tokens"]))[: len(ADVANTAGES)]
    batch = []
    for at, advantage in zip(chosen, ADVANTAGES):
        prompt, answer = rows[at]["tokens"], rows[at]["answer"]
        tokens = prompt + answer
        mask = [0] * (len(prompt) - 1) + [1] * len(answer)
        weights = [-advantage / (len(answer) * len(chosen)) * one for one in mask]
        batch.append({"input": tokens[:-1], "target": tokens[1:], "mask": mask, "coefficients": weights})
    return batch


def step(model, batch, name, rename):
    """One backward and one AdamW step of the trainable parameters, written to NAME.safetensors."""
    parameters = {rename(key): p for key, p in model.named_parameters() if p.requires_grad}
    loss = 0
    for example in batch:
        logits = model(input_ids=torch.tensor([example["input"]])).logits[0]
        rows = torch.log_softmax(logits, -1).gather(1, torch.tensor(example["target"])[:, None])[:, 0]
        loss = loss + (torch.tensor(example["coefficients"]) * rows).sum()
    loss.backward()
    tensors = {f"gradient.{key}": p.grad.clone() for key, p in parameters.items()}
    norm = torch.nn.utils.clip_grad_norm_(list(parameters.values()), CLIP).item()
    torch.optim.AdamW(list(parameters.values()), **ADAMW).step()
    tensors |= {f"stepped.{key}": p.detach().clone() for key, p in parameters.items()}
    save_file({key: value.contiguous() for key, value in tensors.items()}, os.path.join(out, f"{name}.safetensors"))
    return norm


def adapted():
    """A PEFT adapter on all matrices, whose second factors are not zero."""
    torch.manual_seed(7)
    model = peft.get_peft_model(load(), peft.LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear"))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data = torch.randn(parameter.shape) * 0.01
    model.save_pretrained(os.path.join(out, "adapter"))
    return model.eval()


ours = read(os.path.join(out, "ours.json"))
model = load()
# Otherwise the embedding of the padding token, which is also the end token, gets no gradient as an input.
model.get_input_embeddings().padding_idx = None
result = {"texts": compare_texts(ours["rows"]), "numbers": compare_numbers(model, ours)}
batch = batch_of(ours["rows"])
plain = lambda key: key
peft_name = lambda key: key.replace("base_model.model.", "").replace(".default", "")
norms = {"full": step(model, batch, "full", plain)}
del model
norms["lora"] = step(adapted(), batch, "lora", peft_name)
adamw = {"learningRate": ADAMW["lr"], "beta1": ADAMW["betas"][0], "beta2": ADAMW["betas"][1], "epsilon": ADAMW["eps"], "weightDecay": ADAMW["weight_decay"], "clip": CLIP}
with open(os.path.join(out, "batch.json"), "w") as file:
    json.dump({"batch": batch, "norms": norms, "adamw": adamw}, file)
result |= {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
with open(os.path.join(out, "check.json"), "w") as file:
    json.dump(result, file, indent=1)
print(json.dumps(result, indent=1))
count, numbers = len(ours["rows"]), result["numbers"]
sys.exit(set(result["texts"].values()) != {count} or numbers["answers"] != count or numbers["largestLogitDifference"] > 1e-3)
