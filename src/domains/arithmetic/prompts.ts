/** What is said to each player of the arithmetic domain. Short: every token of a prompt costs time. */

/** User message to the Challenger. The Solver's user message is the question itself. */
export const CHALLENGER_PROMPT = 'Pose a question.';
/** User message before a document of bare facts (pre-training only). */
export const FACTS_PROMPT = 'Write facts.';
/** Opens a Solver's turn that shows its work. */
export const STEPS_PREFIX = 'Steps:\n';
