/** Frequencies of the rotary position embedding, plain or stretched to a longer context as Llama 3 does it. */

/** Llama 3's stretch (`rope_type` `llama3`): slow frequencies are divided, fast ones kept, those between blended. */
export interface RotaryScaling {
  type: 'llama3';
  /** Slow frequencies are divided by this. */
  factor: number;
  /** Slow: fewer turns than this within the original context. */
  lowFrequencyFactor: number;
  /** Fast: more turns than this within the original context. */
  highFrequencyFactor: number;
  /** Context that the model was first trained with, in tokens. */
  originalMaxPositions: number;
}

/** What the frequencies depend on; a part of `DecoderConfig`. */
export interface RotaryShape {
  headDim: number;
  ropeTheta: number;
  /** Absent: plain frequencies. */
  ropeScaling?: RotaryScaling;
}

/** Radians per position of each of the `headDim / 2` pairs, fastest first. */
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
