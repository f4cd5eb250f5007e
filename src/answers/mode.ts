/**
 * Where the two modes of the grader differ, rule by rule (docs/adr/0007).
 *
 * Voting asks "did two attempts at the same question mean the same?" and reads leniently; evaluation asks
 * "is this the reference answer?" and leaves undecided what only a lenient reading makes equal. Both are
 * exact: no rule here is a tolerance.
 */

export type Mode = 'voting' | 'evaluation';

/** Each true rule accepts one lenient reading; a false one leaves such a pair undecided, under the rule's own reason. */
export interface Rules {
  /** x/x is 1, where x/x is not everywhere defined. */
  cancelled: boolean;
  /** 28 % is 28, the sign being the unit that was asked for (it is 0.28 in both modes). */
  percentAsUnit: boolean;
  /** y=2x+3 is 2x+3. A constant's or a function's name (x=5, f(x)=2x) may be left out in both modes. */
  nameLeftOut: boolean;
  /** 1,2 is (1,2); a column (or x=1, y=2) is (1,2). */
  looseBrackets: boolean;
  /** 2x+2y=4 is x+y=2. Sides may be moved and signs turned in both modes. */
  scaledEquation: boolean;
  /** x<3 is (−∞,3): x is taken to be real. */
  inequalityAsInterval: boolean;
  /** "no solution" is ∅, "all real numbers" is ℝ. */
  wordsForSets: boolean;
  /** x=10/2=5 is 5. */
  lastOfChain: boolean;
  /** ≈3.14 is 3.14. */
  approximate: boolean;
  /** 1:2 is 1/2. */
  ratioAsFraction: boolean;
  /** "(B) 5" is 5; it is B in both modes. */
  choiceContent: boolean;
  /** log without a base is decimal; otherwise its base is unknown. */
  decimalLog: boolean;
}

const VOTING: Rules = {
  cancelled: true,
  percentAsUnit: true,
  nameLeftOut: true,
  looseBrackets: true,
  scaledEquation: true,
  inequalityAsInterval: true,
  wordsForSets: true,
  lastOfChain: true,
  approximate: true,
  ratioAsFraction: true,
  choiceContent: true,
  decimalLog: true,
};

const EVALUATION: Rules = {
  cancelled: false,
  percentAsUnit: false,
  nameLeftOut: false,
  looseBrackets: false,
  scaledEquation: false,
  inequalityAsInterval: false,
  wordsForSets: false,
  lastOfChain: false,
  approximate: false,
  ratioAsFraction: false,
  choiceContent: false,
  decimalLog: false,
};

/** The rules of a mode, some of them replaced: a benchmark may ask for one lenient reading. */
export function rulesOf(mode: Mode, replaced: Partial<Rules> = {}): Rules {
  return { ...(mode === 'voting' ? VOTING : EVALUATION), ...replaced };
}
