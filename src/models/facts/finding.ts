/** A contradiction between the files of a model, or between the files and the settings. */
export interface Finding {
  about: 'end-token' | 'start-token' | 'special-token' | 'chat-template' | 'variable' | 'thinking';
  /** What contradicts what, with files and values. */
  found: string;
  /** What the user can do: a setting, or an edit of a file. */
  advice: string;
}
