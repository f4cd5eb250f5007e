/** Contradictions between the Verifier and other settings. Pure. */

import { hasVerifier } from '../phases.ts';
import type { RunConfig } from '../schema.ts';
import type { Contradiction } from './contradiction.ts';

/** Returns what contradicts in the settings of the Verifier, and of what uses it. */
export function verifierContradictions(config: RunConfig): Contradiction[] {
  return hasVerifier(config) ? withVerifier(config) : withoutVerifier(config);
}

function withVerifier({ verifier, filter, labels, weights }: RunConfig): Contradiction[] {
  const name = `verifier.kind = "${verifier.kind}"`;
  const found: Contradiction[] = [];
  if (filter.tooFew === 'generate') {
    found.push({
      problem: `${name} judges a pool once, but filter.tooFew = "generate" adds questions to it afterwards`,
      fix: { 'filter.tooFew': 'widen' },
    });
  }
  if (weights === 'shared') {
    found.push({
      problem: `${name} has weights of its own, but weights = "shared" gives all roles the same`,
      fix: { weights: 'separate' },
    });
  }
  if (labels === 'computed') {
    found.push({
      problem: `${name} judges votes, but labels = "computed" labels without them`,
      fix: { 'verifier.kind': 'off' },
    });
  }
  return found;
}

function withoutVerifier({ filter, solver, votes }: RunConfig): Contradiction[] {
  const found: Contradiction[] = [];
  if (votes.weights === 'verifier') {
    found.push({
      problem: 'votes.weights = "verifier" needs a Verifier, but verifier.kind = "off"',
      fix: { 'votes.weights': 'equal' },
    });
  }
  if (solver.verifierWeight > 0) {
    found.push({
      problem: `solver.verifierWeight = ${solver.verifierWeight} needs a Verifier, but verifier.kind = "off"`,
      fix: { 'solver.verifierWeight': 0 },
    });
  }
  if (filter.gate === 'verifier' || filter.gate === 'both') {
    found.push({
      problem: `filter.gate = "${filter.gate}" needs a Verifier, but verifier.kind = "off"`,
      fix: { 'filter.gate': filter.gate === 'both' ? 'views' : 'off' },
    });
  }
  return found;
}
