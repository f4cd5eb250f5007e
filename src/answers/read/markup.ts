/**
 * Removes what surrounds an answer without being part of it: Markdown emphasis, end-of-text tokens, and announcements
 * such as "The final answer is". Textual only; used by `normalize.ts`.
 */

/** Tokens that end a text: `</s>`, `<|im_end|>`, `<eos>`. */
const END_TOKENS = /(?:\s{0,8}(?:<\/s>|<\|[\w-]{1,24}\|>|<(?:eos|end_of_turn|endoftext)>|\[EOS\]))+\s*$/;
/** Emphasis is not a power: `2**3` has a number before it. */
const BOLD = /(?<![\w)}\]*])(\*\*|__)(?=[^\s*_])([^*_]{1,400}?)\1(?![\w({*])/g;
const WHOLE_EMPHASIS = /^([*_`])([^*_`]{1,400})\1$/;
const HEADING = /^#{1,6} +/;

/** Removes emphasis, headings, code marks and end-of-text tokens. */
export function stripMarkup(text: string): string {
  if (!/[*_`#<[]/.test(text)) return text;
  return text.replace(END_TOKENS, '').replace(BOLD, '$2').trim().replace(WHOLE_EMPHASIS, '$2').replace(HEADING, '');
}

const SO = String.raw`(?:(?:so|thus|hence|therefore|finally)[,:]?\s)?`;
const THING = String.raw`(?:the |my |our )?(?:(?:final|correct|required|desired|exact) ){0,2}(?:answer|result|solution(?: set)?)s?`;
/** The announced answer follows a verb, a sign or a line break, or starts with a digit or a formula. */
const MARK = String.raw`(?: (?:is|are)(?: given by| equal to)?(?:\s?:|(?=\s|$))|\s?:|\s?=|\s{0,4}\n|(?=\s[\d\\$({[+.-]))`;
const ENGLISH = new RegExp(`^${SO}${THING}${MARK}\\s{0,4}:?\\s{0,4}`, 'i');
const CHINESE =
  /^(?:所以|因此|故|综上|综上所述|于是|即)?[,:]? ?(?:本题|此题|该题)?的?(?:最终|正确|最后|标准)?的?(?:答案|结果|解)(?:应该|应)?(?:是|为|等于|[:=])?\s{0,4}:?\s{0,4}(?=\S)/;

/** Removes "The final answer is", "Answer:", "答案是" and the like from the start of an answer. */
export function stripAnnouncement(text: string): string {
  if (!/answer|result|solution|[答结解]/i.test(text)) return text;
  return text.replace(ENGLISH, '').replace(CHINESE, '');
}
