/** Schema 5: the other words in which a question was asked; null for its own words. */
export const wordings = `
ALTER TABLE attempts ADD COLUMN wording TEXT;
`;
