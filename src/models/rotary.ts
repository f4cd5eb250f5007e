/**
 * Frequencies of the rotary position embedding, plain or scaled to a longer context as in Llama 3. The config
 * keys are read in `arch/rope.ts`.
 */

/**
 * Llama 3 scaling (`rope_type` `llama3`): low frequencies are divided, high ones kept, those in between
 * blended.
 */
export interface RotaryScaling {
  type: 'llama3';
  /** Divisor of the low frequencies. */
  factor: number;
  /** Low: fewer turns than this within the original context. */
  lowFrequencyFactor: number;
  /** High: more turns than this within the original context. */
  highFrequencyFactor: number;
  /** Context length of the original training, in tokens. */
  originalMaxPositions: number;
}

/** What the frequencies depend on; a part of `DecoderConfig`. */
export interface RotaryShape {
  headDim: number;
  ropeTheta: number;
  /** Absent: plain frequencies. */
  ropeScaling?: RotaryScaling;
}

/** Computes radians per position of each of the `headDim / 2` pairs, fastest first. */
export function rotaryFrequencies({ headDim, ropeTheta, ropeScaling }: RotaryShape): Float64Array {
  const half = headDim / 2;
  const plain = Float64Array.from({ length: half }, (_, i) => ropeTheta ** (-i / half));
  return ropeScaling === undefined ? plain : plain.map((frequency) => stretch(frequency, ropeScaling));
}

function stretch(frequency: number, scaling: RotaryScaling): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositions } = scaling;
  const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
  const kept = Math.min(1, Math.max(0, (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)));
  return frequency * (kept + (1 - kept) / factor);
}
