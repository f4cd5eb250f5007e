/** What the page knows of the program that serves it. */

export interface ServerInfo {
  /** Version of rzero. */
  version: string;
  /** Whether the page may stop, continue, start and delete runs. */
  control: boolean;
  /** Whether models can be asked. */
  talk: boolean;
  /** Whether the data changes: false in a page that was exported to a file. */
  live: boolean;
  /** The run in whose process the server is, and with which it ends; null for `rzero serve`. */
  run: string | null;
  /** What did not fit in the file of an exported page; absent if everything did. */
  leftOut?: string[];
}
