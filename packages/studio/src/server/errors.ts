/** The error that a request is answered with. */

/** Its message names what, why and the mend in one line. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * 400 the request makes no sense, 404 nothing of this name, 409 not now, 412 changed elsewhere, 413 too large,
 * 415 not this kind of file, 422 the content cannot be used.
 */
export type RefusalStatus = 400 | 404 | 409 | 412 | 413 | 415 | 422;

export const notFound = (what: string): RequestError =>
  new RequestError(404, `${what} is not in this project; reload the page`);
