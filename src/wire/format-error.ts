/**
 * Bytes or JSON that are not a valid message of the Tinker wire, or that need something that this project does not have.
 * The message names the field. The client and the server turn it into their own errors.
 */
export class WireFormatError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'WireFormatError';
  }
}
