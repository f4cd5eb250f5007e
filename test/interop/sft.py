#!/usr/bin/env python3
"""A small supervised loop against a server of the Tinker wire: sft.py URL [--steps 30]

Teaches the model to work out products first, and checks that the loss on questions
it has not seen falls, that more of its greedy answers are right, and that a saved
state goes on from the same point.
"""

import random

from common import Program, arguments, boxed, datum, question, report, types

RATE = 5e-3
BATCH = 32


def nats(output, data):
    """The mean loss per answer token of a forward pass."""
    total = count = 0.0
    for one, sent in zip(output.loss_fn_outputs, data):
        weights = sent.loss_fn_inputs["weights"].data
        total -= sum(lp * w for lp, w in zip(one["logprobs"].data, weights))
        count += sum(weights)
    return total / count


def main():
    options = arguments(__doc__)
    steps = options.steps or 30
    run = Program(options)

    def example(rng):
        text, solution, value = question(rng)
        answer = run.encode(solution + "<|im_end|>")
        return text, value, datum(run.prompt(text), answer, weights=[1.0] * len(answer))

    held_out = [example(random.Random(10_000 + i)) for i in range(64)]
    held_data = [e[2] for e in held_out]

    def loss(client):
        return nats(client.forward(held_data, "cross_entropy").result(timeout=300), held_data)

    def right():
        """The share of right greedy answers of the current weights."""
        sampler = run.sampler()
        greedy = types.SamplingParams(max_tokens=60, temperature=0.0, stop=["<|im_end|>"])
        asked = [sampler.sample(types.ModelInput.from_ints(run.prompt(e[0])), 1, greedy) for e in held_out]
        texts = [run.decode(f.result(timeout=300).sequences[0].tokens) for f in asked]
        return sum(boxed(t) == e[1] for t, e in zip(texts, held_out)) / len(texts)

    before, right_before = loss(run.trainer), right()
    curve = []
    for step in range(steps):
        batch = [example(run.random)[2] for _ in range(BATCH)]
        output, _ = run.step(batch, "cross_entropy", RATE)
        curve.append(round(nats(output, batch), 4))
        print(f"step {step + 1}/{steps}: loss {curve[-1]}", flush=True)
    after = loss(run.trainer)

    right_after = right()

    saved = run.trainer.save_state(f"sft-{options.seed}-{steps}-{id(run) % 100000}").result(timeout=300).path
    again = run.service.create_training_client_from_state(saved)
    reloaded = loss(again)

    report(options, "sft", {
        "server_model": run.base.rsplit("/", 1)[-1],
        "rank": options.rank, "steps": steps, "batch": BATCH, "rate": RATE,
        "loss_held_out_before": round(before, 4), "loss_held_out_after": round(after, 4),
        "loss_after_reload": round(reloaded, 4), "training_loss": curve,
        "greedy_right_before": right_before, "greedy_right_after": right_after,
        "checks": {
            "the loss fell by at least a half": after < before / 2,
            "at least 0.2 more greedy answers are right": right_after > right_before + 0.2,
            "a reloaded state has the same loss": abs(reloaded - after) < 1e-3,
        },
    })


if __name__ == "__main__":
    main()
