/** Requests to the studio's server, and its refusals as errors. */
import type { ApiError } from '../../api.ts';

/** What the server refused, in its own words; `status` 0: it did not answer. */
export class RequestError extends Error {
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** A request whose answer is 2xx. @throws RequestError for any other, and where nobody answers */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new RequestError(
      'The studio does not answer. Is it still running in the terminal? Start it again with genseg studio.',
      0,
      { cause },
    );
  }
  if (response.ok) return response;
  throw new RequestError(await refusal(response), response.status);
}

/** JSON of a GET. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await request(path, { signal })).json() as Promise<T>;
}

/** Sends JSON, and reads the JSON answered; undefined for an answer without a body. */
export async function sendJson<T>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await request(path, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function refusal(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as Partial<ApiError>;
    if (typeof error === 'string') return error;
  } catch {
    // Not JSON: some other words, or none.
  }
  if (response.status === 401 || response.status === 403)
    return 'This address is not open to you any more. Open the one that genseg studio printed in the terminal.';
  return text.slice(0, 300) || `The studio answered ${response.status} ${response.statusText}.`;
}

/** An error's words for the reader. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
