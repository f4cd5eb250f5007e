/**
 * Computes a training phase of a finished run again, from its database and the weights that the phase started from, and
 * compares the result with the weights that the run saved.
 *
 *     node examples/replay/replay.mjs RUN [solver|challenger] [ITERATION]
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openEngine } from 'rzero/engine';
import { alignToExample, exampleScales, hasVariance, splitUpdates, toExample } from 'rzero/grpo';
import { preferenceCoefficients, preferenceLoss, tokenCoefficients, tokenLoss } from 'rzero/grpo';
import { openRun } from 'rzero/store';

/**
 * @typedef {import('rzero/store').StepRecord} StepRecord
 * @typedef {import('rzero/store').WeightsName} WeightsName
 * @typedef {import('rzero/engine').Policy} Policy
 * @typedef {import('rzero/engine').Sampler} Sampler
 * @typedef {import('rzero/engine').WeightsRef} WeightsRef
 * @typedef {{ example: import('rzero/engine').Example, tokens: number, terms: import('rzero/grpo').LossTerms }} Rollout
 */

const [folder, role = 'solver', iteration = '1'] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder of a run: node replay.mjs RUN [ROLE] [ITERATION]');
const store = openRun(folder, { readOnly: true });
const { config } = store.meta();

/** The steps of the phase, in order. */
const steps = /** @type {StepRecord[]} */ ([]);
for (let step = 0; ; step++) {
  const record = store.trainingStep({ role, iteration: Number(iteration), step });
  if (record === null) break;
  steps.push(record);
}
const saved = store.weights(role, Number(iteration));
store.close();
if (saved === null || steps.length === 0) throw new Error(`The run keeps no steps of the ${role} (keep.tokens).`);
if (config.adapt.method !== 'full') throw new Error('This example replays full training only, not adapters.');

const engine = await openEngine(config.engine);
const out = mkdtempSync(join(tmpdir(), 'rzero-replay-'));
try {
  const [{ weights, reference }] = steps;
  const policy = await engine.openPolicy({ from: refOf(weights), optimizer: 'fresh' });
  const anchor = reference && (await engine.openSampler(refOf(reference)));
  for (const record of steps) await replay(policy, anchor, record);
  const { id } = await policy.save({ home: out, name: 'replayed' });
  const [ours, theirs] = [join(out, id), join(resolve(folder), saved.state)].map((state) =>
    readFileSync(join(state, 'model.safetensors')),
  );
  console.log(ours.equals(theirs) ? `equal to ${saved.state}, bit for bit` : `differs from ${saved.state}`);
  process.exitCode = ours.equals(theirs) ? 0 : 1;
} finally {
  await engine.close();
  rmSync(out, { recursive: true });
}

/**
 * Computes one step: the same batches, losses and optimizer updates as in the run.
 * @param {Policy} policy @param {Sampler | null} anchor the reference of the KL term @param {StepRecord} record
 */
async function replay(policy, anchor, { step, settings, groups }) {
  if (settings.beta !== undefined) return replayPairs(policy, anchor, { step, settings, groups });
  const rewardsOf = (/** @type {StepRecord['groups'][number]} */ group) => group.completions.map((one) => one.reward);
  const teaching = settings.labelGate
    ? groups.filter(({ completions }) => completions.some(({ advantage }) => advantage !== 0))
    : settings.dropZeroVariance
      ? groups.filter((group) => hasVariance(rewardsOf(group)))
      : groups;
  const batches = splitUpdates(teaching.map(rolloutsOf), settings.updates).map((batch) => batch.flat());
  const all = batches.flat();
  if (all.length === 0) return console.log(`step ${step + 1}: no group with different rewards, no update`);
  const examples = all.map(({ example }) => example);
  const referenceLogprobs = await anchor?.score(examples);
  all.forEach(({ terms }, at) => (terms.reference_T = referenceLogprobs?.[at] ?? null));
  const single = batches.length === 1;
  if (!single && settings.importanceCorrection !== 'bypass') {
    const logprobs = await policy.logprobs(examples);
    all.forEach(({ terms }, at) => (terms.behaviour_T = logprobs[at]));
  }
  const size = { tokens: all.reduce((sum, { tokens }) => sum + tokens, 0), updates: batches.length };
  let loss = 0;
  for (const batch of batches) {
    const lengths = batch.map(({ tokens }) => tokens);
    exampleScales(lengths, settings, size).forEach((scale, at) => (batch[at].terms.scale = scale));
    /** @param {number} at @param {Float32Array} logprobs_T */
    const termsOf = (at, logprobs_T) => {
      const { terms } = batch[at];
      const isFirst = single && settings.importanceCorrection !== 'bypass';
      return { ...terms, logprobs_T, ...(isFirst ? { behaviour_T: logprobs_T } : {}) };
    };
    const coefficientsOf = (/** @type {number} */ at, /** @type {Float32Array} */ logprobs_T) =>
      tokenCoefficients(termsOf(at, logprobs_T), settings);
    // With one update, the policy is still the one that sampled, so its log-probabilities are known.
    const known = single && settings.importanceCorrection === 'none';
    const { logprobs } = await policy.accumulate(
      batch.map(({ example }) => example),
      known ? batch.map(({ terms }, at) => coefficientsOf(at, Float32Array.from(terms.sampled_T))) : coefficientsOf,
    );
    batch.forEach((_, at) => (loss += tokenLoss(termsOf(at, logprobs[at]), settings)));
    await policy.step(settings);
  }
  console.log(`step ${step + 1}: ${all.length} rollouts, loss ${(loss / batches.length).toFixed(6)}`);
}

/** @param {StepRecord['groups'][number]} group @returns {Rollout[]} */
function rolloutsOf({ prompt, completions }) {
  return completions.map(({ tokens, logprobs, advantage }) => {
    const example = toExample(prompt, tokens);
    const sampled_T = alignToExample(prompt.length, logprobs);
    const same = { behaviour_T: sampled_T, sampled_T, logprobs_T: sampled_T };
    return {
      example,
      tokens: tokens.length,
      terms: { ...same, advantage, reference_T: null, mask_T: example.mask, scale: 0 },
    };
  });
}

/** @param {WeightsName} name @returns {WeightsRef} */
function refOf({ kind, id }) {
  return kind === 'base' ? { kind, path: id } : { kind: 'state', id, home: resolve(folder) };
}

/**
 * Computes one step of preference training (DPO): the groups are pairs, the chosen response first.
 * @param {Policy} policy @param {Sampler | null} anchor @param {Pick<StepRecord, 'step' | 'settings' | 'groups'>} record
 */
async function replayPairs(policy, anchor, { step, settings, groups }) {
  const examples = groups.flatMap(({ prompt, completions }) =>
    completions.map(({ tokens }) => toExample(prompt, tokens)),
  );
  const reference = (await anchor?.score(examples)) ?? [];
  const logprobs = await policy.logprobs(examples);
  const termsOf = (/** @type {number} */ at) => ({
    mask_T: examples[at].mask,
    logprobs_T: logprobs[at],
    reference_T: reference[at],
  });
  const pairs = groups.map((_, at) => ({ chosen: termsOf(2 * at), rejected: termsOf(2 * at + 1) }));
  const dials = { beta: settings.beta ?? 0 };
  const coefficients = preferenceCoefficients(pairs, dials).flatMap(({ chosen, rejected }) => [chosen, rejected]);
  await policy.accumulate(examples, coefficients);
  await policy.step(settings);
  console.log(`step ${step + 1}: ${groups.length} pairs, loss ${preferenceLoss(pairs, dials).toFixed(6)}`);
}
