/** Prompts of the arithmetic domain. They are short, because every prompt token costs compute. */

/** User message to the Challenger. The Solver's user message is the question itself. */
export const CHALLENGER_PROMPT = 'Pose a question.';
/** User message of a document with bare facts (pre-training only). */
export const FACTS_PROMPT = 'Write facts.';
/** Prefix of a Solver turn that shows its steps. */
export const STEPS_PREFIX = 'Steps:\n';
