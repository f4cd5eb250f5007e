"""What the two SDK programs share: arguments, datums, questions, and the report.

Works with SDK 0.25 and 0.38: only calls that both have.
"""

import argparse
import datetime
import json
import logging
import os
import platform
import random
import re
import sys

os.environ.setdefault("TINKER_API_KEY", "tml-local")
os.environ.setdefault("TINKER_TELEMETRY", "0")

try:
    import tinker
    from tinker import types
    from tokenizers import Tokenizer
except ImportError as error:
    sys.exit(f"interop: missing: {error}. Install `tinker` into this Python: pip install tinker==0.25.0")

logging.getLogger("tinker").setLevel(logging.ERROR)
HERE = os.path.dirname(os.path.abspath(__file__))


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("url", help="the server, such as http://127.0.0.1:8000")
    parser.add_argument("--tokenizer", default=os.path.join(HERE, "../../models/arith-base"),
                        help="folder with the tokenizer.json of the served model")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--json", help="file for the result")
    return parser.parse_args()


class Program:
    """One training run on the server through the SDK."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.tokenizer = Tokenizer.from_file(os.path.join(options.tokenizer, "tokenizer.json"))
        self.service = tinker.ServiceClient(base_url=options.url)
        try:
            models = self.service.get_server_capabilities().supported_models
        except Exception as error:  # the SDK has many classes for "no answer"
            sys.exit(f"interop: missing: a server at {options.url} ({type(error).__name__}: {error})")
        self.base = models[0].model_name
        self.trainer = self.service.create_lora_training_client(
            base_model=self.base, rank=options.rank, seed=options.seed)

    def encode(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, tokens):
        return self.tokenizer.decode(list(tokens), skip_special_tokens=True)

    def prompt(self, question):
        return self.encode(f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n")

    def sampler(self):
        return self.trainer.save_weights_and_get_sampling_client()

    def step(self, data, loss, rate):
        """One update. Both requests are sent before either is awaited, as the SDK advises."""
        backward = self.trainer.forward_backward(data, loss)
        update = self.trainer.optim_step(types.AdamParams(learning_rate=rate, beta2=0.95, eps=1e-8))
        return backward.result(timeout=300), update.result(timeout=300)


def floats(values):
    return types.TensorData(data=[float(v) for v in values], dtype="float32", shape=[len(values)])


def integers(values):
    return types.TensorData(data=[int(v) for v in values], dtype="int64", shape=[len(values)])


def datum(prompt, answer, **inputs):
    """The datum of an answer; each input is a list over the answer's tokens, 0 on the prompt."""
    full = list(prompt) + list(answer)
    pad = [0.0] * (len(prompt) - 1)
    return types.Datum(
        model_input=types.ModelInput.from_ints(full[:-1]),
        loss_fn_inputs={"target_tokens": integers(full[1:]),
                        **{name: floats(pad + list(values)) for name, values in inputs.items()}})


def question(rng):
    """A question of the domain, its worked solution and its answer. The product comes first."""
    a, b, c = rng.randint(2, 30), rng.randint(2, 9), rng.randint(2, 9)
    sign = rng.choice("+-")
    value = a + b * c if sign == "+" else a - b * c
    solution = f"Steps:\n{b}*{c}={b * c}\n{a}{sign}{b * c}={value}\n\\boxed{{{value}}}"
    return f"Compute {a} {sign} {b} * {c}.", solution, value


def boxed(text):
    """The number in the last \\boxed{…}, or None."""
    found = re.findall(r"\\boxed\{\s*(-?\d+)\s*\}", text)
    return int(found[-1]) if found else None


def report(options, program, result):
    """Prints the result, writes it where asked, and ends with status 1 when a check failed."""
    result = {
        "program": program,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%MZ"),
        "sdk": tinker.__version__,
        "python": platform.python_version(),
        **result,
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.json:
        with open(options.json, "w") as file:
            file.write(text + "\n")
    sys.exit(0 if all(result["checks"].values()) else 1)
