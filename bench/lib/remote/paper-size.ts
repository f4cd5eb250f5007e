/** Sizes of the benchmark's texts. Questions are more than a pool has, so that few prompts occur twice. */
export const PAPER_TEXTS = { questions: 12_000, answers: 2048 };
export const SEED = 1;
