/** Reading requests and answering errors, the same for every route. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { RequestError } from './errors.ts';
import { receiveBytes } from './receive.ts';

const largestJson = 4 * 2 ** 20;

/** A request's JSON, checked. @throws RequestError that names the first thing wrong. */
export async function jsonOf<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = (await receiveBytes(c.req.raw, largestJson, 'The request')).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RequestError(400, 'The request is no JSON', { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new RequestError(400, `${path.join('.') || 'The request'}: ${message}`);
}

/** The answer to an error: a sentence for those that the user can mend, the stack to stderr for ours. */
export function answerError(error: Error, c: Context): Response {
  if (error instanceof RequestError) {
    return c.json({ error: error.message }, error.status);
  }
  if (error.name === 'DataError' || error.name === 'ConfigError') {
    return c.json({ error: error.message }, 422);
  }
  process.stderr.write(`${error.stack ?? error.message}\n`);
  return c.json({ error: `The server failed: ${error.message}` }, 500);
}

const year = 365 * 24 * 3600;

/** A picture; for good where its address names a revision. */
export const picture = (c: Context, bytes: Buffer, type: 'image/png' | 'image/webp'): Response =>
  c.body(new Uint8Array(bytes), 200, {
    'Content-Type': type,
    'Cache-Control': c.req.query('v') ? `private, max-age=${year}, immutable` : 'no-store',
  });

/** A number of the query within its limits, or the default. @throws RequestError */
export function numberOf(
  c: Context,
  name: string,
  { least, most, otherwise }: { least: number; most: number; otherwise: number },
): number {
  const text = c.req.query(name);
  const number = text === undefined ? otherwise : Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new RequestError(400, `${name}: expected a whole number from ${least} to ${most}`);
}
