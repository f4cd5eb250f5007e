"""Uses the official Python client against `rzero serve`. Ends with status 1 unless all expectations hold.

openai_client.py URL MODEL ITERATION --json FILE
"""

import argparse
import json
import sys

import openai
from openai import OpenAI

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("model")
parser.add_argument("iteration")
parser.add_argument("--json", required=True)
args = parser.parse_args()

client = OpenAI(base_url=f"{args.url}/v1", api_key="none", max_retries=0)
PROMPT = "<|im_start|>user\nCompute 3 + 4.<|im_end|>\n<|im_start|>assistant\n"
ASKED = [{"role": "user", "content": "Compute 3 + 4."}]
results: list[dict] = []


def check(name: str, holds: bool, value: object = None) -> None:
    results.append({"check": name, "holds": bool(holds), "value": value})
    print(f"{'ok ' if holds else 'BAD'} {name}: {value}")


def refusal(call) -> dict:
    try:
        call()
    except openai.APIStatusError as error:
        return {"error": type(error).__name__, "status": error.status_code, "param": error.param, "code": error.code}
    return {"error": None}


names = [model.id for model in client.models.list()]
check("both models are listed", args.model in names and args.iteration in names, len(names))
check("one is looked up", client.models.retrieve(args.iteration).id == args.iteration)

for model in (args.model, args.iteration):
    chat = client.chat.completions.create(model=model, messages=ASKED, temperature=0)
    text = chat.choices[0].message.content
    check(f"chat, greedy, {model}", chat.choices[0].finish_reason == "stop" and "boxed" in text, text)

    many = client.chat.completions.create(model=model, messages=ASKED, n=4, seed=3, max_tokens=40)
    again = client.chat.completions.create(model=model, messages=ASKED, n=4, seed=3, max_tokens=40)
    texts = [choice.message.content for choice in many.choices]
    check(f"n and seed, {model}", texts == [choice.message.content for choice in again.choices], texts)

    parts = ["", "", "", ""]
    usage = None
    for chunk in client.chat.completions.create(
        model=model, messages=ASKED, n=4, seed=3, max_tokens=40, stream=True, stream_options={"include_usage": True}
    ):
        for choice in chunk.choices:
            parts[choice.index] += choice.delta.content or ""
        usage = chunk.usage or usage
    check(f"streamed, {model}", parts == texts and usage == many.usage, usage.total_tokens)

    scored = client.chat.completions.create(
        model=model, messages=ASKED, temperature=0, logprobs=True, top_logprobs=1, max_tokens=3
    )
    content = scored.choices[0].logprobs.content
    check(
        f"logprobs, {model}",
        len(content) == 3 and all(entry.top_logprobs[0].logprob == entry.logprob for entry in content),
        [round(entry.logprob, 4) for entry in content],
    )

    stopped = client.chat.completions.create(model=model, messages=ASKED, temperature=0, stop=["\n"])
    check(f"stop, {model}", stopped.choices[0].message.content == text.split("\n")[0])

    whole = client.completions.create(model=model, prompt=PROMPT, temperature=0, max_tokens=60)
    check(f"completion of the same prompt, {model}", whole.choices[0].text == text)

    echoed = client.completions.create(model=model, prompt=PROMPT, max_tokens=0, echo=True, logprobs=1)
    values = echoed.choices[0].logprobs.token_logprobs
    check(f"echo, {model}", values[0] is None and all(value <= 0 for value in values[1:]), len(values))

    parsed = client.chat.completions.parse(model=model, messages=ASKED, temperature=0)
    check(f"the client's parser, {model}", parsed.choices[0].message.content == text)

check("an unknown model", (it := refusal(lambda: client.chat.completions.create(model="gpt-4o", messages=ASKED)))["status"] == 404, it)
for field, value in {
    "response_format": {"type": "json_object"},
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    "presence_penalty": 1,
    "logit_bias": {"1": 1},
}.items():
    it = refusal(lambda: client.chat.completions.create(model=args.model, messages=ASKED, **{field: value}))
    check(f"{field} is refused", it == {"error": "BadRequestError", "status": 400, "param": field, "code": "unsupported_parameter"}, it)

stream = client.completions.create(
    model=args.model, prompt=PROMPT, n=64, max_tokens=480, stream=True, extra_body={"ignore_eos": True}
)
next(iter(stream))
stream.close()
check("a stream that is closed early", client.chat.completions.create(model=args.model, messages=ASKED, max_tokens=2).id.startswith("chatcmpl-"))

with open(args.json, "w") as file:
    json.dump({"openai": openai.__version__, "model": args.model, "iteration": args.iteration, "results": results}, file, indent=2)
    file.write("\n")
sys.exit(0 if all(result["holds"] for result in results) else 1)
