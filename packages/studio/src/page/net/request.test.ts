import { afterEach, expect, test, vi } from 'vitest';
import { getJson, RequestError, sendJson } from './request.ts';

afterEach(() => vi.unstubAllGlobals());

const answer = (body: BodyInit | null, status = 200) => {
  const fetched = vi.fn(
    async (_path: string, _init?: RequestInit) => new Response(body, { status }),
  );
  vi.stubGlobal('fetch', fetched);
  return fetched;
};

test('JSON goes out and comes back', async () => {
  const fetched = answer('{"n":1}');
  expect(await sendJson('PUT', '/api/x', { a: 2 })).toEqual({ n: 1 });
  expect(fetched.mock.calls[0][1]).toMatchObject({ method: 'PUT', body: '{"a":2}' });
});

test('no body in, no body out', async () => {
  const fetched = answer(null, 204);
  expect(await sendJson('DELETE', '/api/x')).toBeUndefined();
  expect(fetched.mock.calls[0][1]).toMatchObject({ headers: {}, body: undefined });
});

test.each([
  ['{"error":"a.png is not an image"}', 400, /^a\.png is not an image$/],
  ['<p>oops', 500, /^<p>oops$/],
  ['', 502, /answered 502/],
  ['', 401, /printed in the terminal/],
])('%s with %d is an error in words', async (body, status, words) => {
  answer(body, status);
  const error = await getJson<RequestError>('/api/x').catch((thrown: RequestError) => thrown);
  expect(error).toBeInstanceOf(RequestError);
  expect(error.status).toBe(status);
  expect(error.message).toMatch(words);
});

test('nobody answers: says what to do; a request given up stays given up', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch');
  });
  await expect(getJson('/api/x')).rejects.toMatchObject({ status: 0, message: /genseg studio/ });
  vi.stubGlobal('fetch', async () => {
    throw new DOMException('aborted', 'AbortError');
  });
  await expect(getJson('/api/x')).rejects.toMatchObject({ name: 'AbortError' });
});
