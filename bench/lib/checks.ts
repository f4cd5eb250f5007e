/** Requirements of a benchmark, with the measured value of each. Pure. */

export interface Check {
  what: string;
  value: number | null;
  wanted: string;
  passed: boolean;
}

/** Checks that a value reaches `limit`; null fails. */
export function atLeast(what: string, value: number | null, limit: number): Check {
  return { what, value, wanted: `>= ${limit}`, passed: value !== null && value >= limit };
}

/** Checks that a value does not exceed `limit`; null fails. */
export function atMost(what: string, value: number | null, limit: number): Check {
  return { what, value, wanted: `<= ${limit}`, passed: value !== null && value <= limit };
}

/** Formats one line per check. */
export function checkLines(checks: readonly Check[]): string[] {
  return checks.map(
    ({ what, value, wanted, passed }) =>
      `${passed ? 'ok    ' : 'FAILED'} ${what}: ${value === null ? 'unknown' : round(value)} (wanted ${wanted})`,
  );
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
