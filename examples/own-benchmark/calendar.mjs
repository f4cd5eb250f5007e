/**
 * A custom endpoint: receives messages and returns texts. This one is a program that ignores a rule of the calendar.
 */

/** @import { Generator, GenerateRequest, Reply } from 'rzero/generate' */

/** @returns {Generator} */
export function openCalendar() {
  return {
    name: 'calendar',
    async generate(requests, { onReply } = {}) {
      const all = requests.map(({ messages, n }) => Array.from({ length: n }, () => answer(messages)));
      // Reports each finished request immediately, so that no reply is lost if a later request fails.
      for (const [index, replies] of all.entries()) onReply?.(index, replies);
      return all;
    },
    async close() {},
  };
}

/**
 * @param {GenerateRequest['messages']} messages
 * @returns {Reply}
 */
function answer(messages) {
  const question = messages[messages.length - 1].content;
  const year = Number(/\d+/.exec(question)?.[0]);
  // Wrong for years such as 1900, which are not leap years.
  const days = year % 4 === 0 ? 366 : 365;
  const text = `${year} / 4 = ${year / 4}, so the answer is \\boxed{${days}}.`;
  return { text, tokens: text.split(' ').length, stop: 'stop' };
}
