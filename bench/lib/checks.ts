/** What a benchmark demands, told with the figure beside it. Pure. */

export interface Check {
  what: string;
  value: number | null;
  wanted: string;
  passed: boolean;
}

/** A figure that must reach `limit`; null fails. */
export function atLeast(what: string, value: number | null, limit: number): Check {
  return { what, value, wanted: `>= ${limit}`, passed: value !== null && value >= limit };
}

/** A figure that may not exceed `limit`; null fails. */
export function atMost(what: string, value: number | null, limit: number): Check {
  return { what, value, wanted: `<= ${limit}`, passed: value !== null && value <= limit };
}

/** One line a check, for people. */
export function checkLines(checks: readonly Check[]): string[] {
  return checks.map(
    ({ what, value, wanted, passed }) =>
      `${passed ? 'ok    ' : 'FAILED'} ${what}: ${value === null ? 'unknown' : round(value)} (wanted ${wanted})`,
  );
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
