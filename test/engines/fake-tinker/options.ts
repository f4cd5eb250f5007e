/** Settings of the fake service; plain data, because it runs in a process of its own. */
export interface FakeOptions {
  /** Name of its only base model. */
  model: string;
  vocabulary: number;
  maxContext: number;
  seed: number;
  /** Average length of a completion; lengths are uniform between half and one and a half of it. */
  meanTokens: number;
  /** The last token of a completion that ends by itself. */
  endToken: number;
  /** Milliseconds until the result of a sample is ready. */
  latencyMs: number;
  /** Answers results in protobuf if they are asked for; otherwise always in JSON. */
  protobuf: boolean;
  /** Completions for prompts that contain the marker, instead of random ones; the first match counts. */
  texts: readonly { marker: readonly number[]; completions: readonly (readonly number[])[] }[];
}

export const DEFAULTS: FakeOptions = {
  model: 'fake/base',
  vocabulary: 151_936,
  maxContext: 32_768,
  seed: 1,
  meanTokens: 800,
  endToken: 2,
  latencyMs: 0,
  protobuf: true,
  texts: [],
};
