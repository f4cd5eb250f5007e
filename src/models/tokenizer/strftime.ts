/**
 * Formats a date as Python's `strftime` does in the C locale, which chat templates expect from `strftime_now`. The
 * template package formats the current time in the machine's language; a run needs one date. Pure.
 */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const DAY_MS = 86_400_000;

/**
 * @param date `YYYY-MM-DD`; the time of day is midnight
 * @param format Python's directives; `%-d` is `%d` without a leading zero. Unknown ones stay as they are.
 */
export function strftime(date: string, format: string): string {
  const at = new Date(`${date}T00:00:00Z`);
  return format.replaceAll(/%(-?)([A-Za-z%])/g, (directive, bare: string, letter: string) => {
    const text = fieldOf(at, letter);
    if (text === null) return directive;
    return bare === '' ? text : text.replace(/^[0 ]+(?=.)/, '');
  });
}

function fieldOf(at: Date, letter: string): string | null {
  const [year, month, day, weekday] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCDay()];
  const yearDay = Math.round((at.getTime() - Date.UTC(year, 0, 1)) / DAY_MS);
  const two = (value: number): string => String(value).padStart(2, '0');
  const fields: Record<string, string> = {
    a: DAYS[weekday].slice(0, 3),
    A: DAYS[weekday],
    b: MONTHS[month].slice(0, 3),
    B: MONTHS[month],
    c: `${DAYS[weekday].slice(0, 3)} ${MONTHS[month].slice(0, 3)} ${String(day).padStart(2)} 00:00:00 ${year}`,
    d: two(day),
    D: `${two(month + 1)}/${two(day)}/${two(year % 100)}`,
    e: String(day).padStart(2),
    f: '000000',
    F: `${year}-${two(month + 1)}-${two(day)}`,
    H: '00',
    h: MONTHS[month].slice(0, 3),
    I: '12',
    j: String(yearDay + 1).padStart(3, '0'),
    m: two(month + 1),
    M: '00',
    p: 'AM',
    S: '00',
    T: '00:00:00',
    u: String(weekday === 0 ? 7 : weekday),
    U: two(Math.floor((yearDay + 7 - weekday) / 7)),
    w: String(weekday),
    W: two(Math.floor((yearDay + 7 - ((weekday + 6) % 7)) / 7)),
    x: `${two(month + 1)}/${two(day)}/${two(year % 100)}`,
    X: '00:00:00',
    y: two(year % 100),
    Y: String(year),
    z: '',
    Z: '',
    '%': '%',
  };
  return Object.hasOwn(fields, letter) ? fields[letter] : null;
}

/** Returns today's date on this machine, `YYYY-MM-DD`. */
export function today(): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
