/**
 * Defines how the two modes of the grader differ, rule by rule (docs/adr/0007, 0028).
 *
 * Voting decides whether two attempts at the same question agree, and reads leniently. Evaluation decides
 * whether an answer is the reference answer; pairs that only a lenient reading makes equal stay undecided.
 * Both are exact: no rule is a tolerance. The rules are applied in `compare/`.
 */

export type Mode = 'voting' | 'evaluation';

/**
 * A rule that is true accepts one lenient reading. A rule that is false leaves such a pair undecided, with
 * the rule's own reason.
 */
export interface Rules {
  /** x/x equals 1, although x/x is undefined at 0. */
  cancelled: boolean;
  /** 28 % equals 28, with the sign read as a unit. (It equals 0.28 in both modes.) */
  percentAsUnit: boolean;
  /**
   * y=2x+3 equals 2x+3, AB=8 and P(A)=8 equal 8, x=6,−1 equals −1,6. In both modes, a letter that names a constant
   * and the name of a function (x=5, f(x)=2x) may be omitted.
   */
  nameLeftOut: boolean;
  /** 1,2 equals (1,2); a column, or x=1, y=2, equals (1,2). */
  looseBrackets: boolean;
  /** 2x+2y=4 equals x+y=2, 4x>8 equals x>2. In both modes, sides may be moved and signs flipped. */
  scaledEquation: boolean;
  /** x<3 and {x: x<3} equal (−∞,3), ℝ∖{5} equals (−∞,5)∪(5,∞); x is assumed to be real. */
  inequalityAsInterval: boolean;
  /** "no solution" equals ∅, "all real numbers" equals ℝ. */
  wordsForSets: boolean;
  /** x=10/2=5 and 10/2=5 equal 5. */
  lastOfChain: boolean;
  /** ≈3.14 equals 3.14, √2≈1.41 equals √2. */
  approximate: boolean;
  /** 1:2 equals 1/2. */
  ratioAsFraction: boolean;
  /** "(B) 5" equals 5. (It equals B in both modes.) */
  choiceContent: boolean;
  /** 0,125 equals 0.125. (2,5 equals 2.5 in neither mode: it may be the list of 2 and 5.) */
  decimalComma: boolean;
  /** A log without a base is decimal; otherwise its base is unknown. */
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
  decimalComma: true,
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
  decimalComma: false,
  decimalLog: false,
};

/**
 * Returns the rules of a mode, with single rules replaced. A benchmark may enable one lenient reading this
 * way.
 */
export function rulesOf(mode: Mode, replaced: Partial<Rules> = {}): Rules {
  return { ...(mode === 'voting' ? VOTING : EVALUATION), ...replaced };
}
