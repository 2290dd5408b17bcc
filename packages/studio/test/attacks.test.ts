/** What others on the machine, other sites in the browser, and bad files may try; all of it against the real server. */
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataTable, ImportFinished } from '../src/api.ts';
import { importFiles, noisePng, type Server, send, squareMask, startServer } from './studio.ts';

let home: string;
let project: string;
let server: Server;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'genseg-attack-'));
  project = join(home, 'project');
  writeFileSync(join(home, 'secret.png'), noisePng(99));
  server = await startServer(project);
  const files = { 'images/a.png': noisePng(1), 'masks/a.png': squareMask() };
  const { finished } = await importFiles(server, files);
  expect(finished.json).toMatchObject({ images: 1, masks: 1 });
});
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

const messageOf = (json: unknown): string => (json as { error: string }).error;

describe('who may talk to the server', () => {
  const own = () => `127.0.0.1:${server.port}`;
  const ask = (headers: Record<string, string>, method = 'GET', path = '/api/project') =>
    send({ port: server.port, method, path, headers });

  test('nobody without the token, by header, cookie or address', async () => {
    expect((await ask({ Host: own() })).status).toBe(401);
    expect((await ask({ Host: own(), Authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask({ Host: own(), Authorization: `Bearer ${server.token}x` })).status).toBe(401);
    const cookie = `genseg-studio-${server.port}=wrong`;
    expect((await ask({ Host: own(), Cookie: cookie })).status).toBe(401);
    expect((await ask({ Host: own() }, 'GET', '/?token=wrong')).status).toBe(401);
    for (const path of ['/api/events', '/api/data', '/api/cases/a/image', '/api/rounds/x/events']) {
      expect([path, (await ask({ Host: own() }, 'GET', path)).status]).toEqual([path, 401]);
    }
  });

  test('the printed address gives a cookie that scripts and other sites do not get', async () => {
    const entered = await ask({ Host: own() }, 'GET', `/?token=${server.token}`);
    expect([entered.status, entered.headers.location]).toEqual([303, '/']);
    const [cookie] = entered.headers['set-cookie']!;
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const headers = { Host: own(), Cookie: cookie.split(';')[0] };
    expect((await ask(headers)).status).toBe(200);
  });

  const bearer = () => ({ Authorization: `Bearer ${server.token}` });

  test('no other site, whatever it holds', async () => {
    for (const Origin of ['https://evil.example', 'null', `http://127.0.0.1:${server.port + 1}`]) {
      for (const method of ['GET', 'POST']) {
        const answer = await ask({ Host: own(), ...bearer(), Origin }, method, '/api/demo');
        expect([Origin, answer.status]).toEqual([Origin, 403]);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
    }
    for (const site of ['cross-site', 'same-site']) {
      const headers = { Host: own(), ...bearer(), 'Sec-Fetch-Site': site };
      expect((await ask(headers)).status).toBe(403);
    }
    const headers = { Host: own(), ...bearer(), Origin: `http://${own()}` };
    expect((await ask({ ...headers, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200);
  });

  test('no other name for this machine (DNS rebinding), not even for the page', async () => {
    for (const Host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', 'localhost']) {
      for (const path of ['/', '/api/project', `/?token=${server.token}`]) {
        const answer = await ask({ Host, ...bearer() }, 'GET', path);
        expect([Host, path, answer.status]).toEqual([Host, path, 403]);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    }
  });

  test('every answer limits what a page may do', async () => {
    for (const path of ['/', '/nothing', '/api/project', '/api/nothing', '/api/cases/a/image']) {
      const { headers } = await ask({ Host: own(), ...bearer() }, 'GET', path);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    }
  });
});

describe('paths', () => {
  test('of requests lead nowhere but to cases and files of the page', async () => {
    for (const path of [
      '/../../etc/passwd',
      '/..%2f..%2fetc%2fpasswd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/..%2f..%2f..%2fpackage.json',
      '//etc/passwd',
      '/api/cases/..%2f..%2f..%2fsecret/image',
      '/api/cases/%2e%2e%2f..%2fsecret.png/thumbnail?size=64',
      '/api/cases/..%5c..%5csecret/image',
      '/api/cases/a%00/image',
      '/api/../../studio.json',
    ]) {
      const { status, body } = await server.ask('GET', path);
      expect([path, status]).toEqual([path, 404]);
      expect(body.toString()).not.toMatch(/root:|genseg-studio/);
    }
  });

  test.each(['../evil.png', '/etc/evil.png', 'a/../../evil.png', 'a/./b.png', '', 'a//b.png'])(
    'of uploads lead nowhere: %j',
    async (path) => {
      const { received } = await importFiles(server, { [path]: noisePng(2) });
      expect(received[0].status).toBe(400);
      expect(existsSync(join(home, 'evil.png'))).toBe(false);
    },
  );

  test('with backslashes are names, not paths', async () => {
    const { received, finished } = await importFiles(server, { 'a\\..\\evil.png': noisePng(3) });
    expect(received[0].status).toBe(200);
    expect(finished.json).toMatchObject({ images: 1 });
    expect(readdirSync(join(project, 'images'))).toContain('a_.._evil.png');
    expect(readdirSync(home).sort()).toEqual(['project', 'secret.png']);
  });

  test('of mends and names of test sets stay in the project', async () => {
    for (const path of ['../secret.png', 'images/../../secret.png', 'studio.json', '/etc/passwd']) {
      const mend = JSON.stringify({ kind: 'remove-file', path });
      expect((await server.ask('POST', '/api/mends', mend)).status).toBe(404);
    }
    for (const name of ['..', '../x', '.hidden', 'a/b', '']) {
      const options = JSON.stringify({ as: 'test-set', name });
      expect((await server.ask('POST', '/api/imports', options)).status).toBe(400);
    }
    expect(existsSync(join(home, 'secret.png'))).toBe(true);
  });

  test('of links that lead out are not followed', async () => {
    symlinkSync(join(home, 'secret.png'), join(project, 'images', 'linked.png'));
    const table = (await server.ask('GET', '/api/data')).json as DataTable;
    expect(table.rows.map(({ id }) => id)).not.toContain('linked');
    expect(table.problems).toContainEqual(
      expect.objectContaining({
        kind: 'foreign',
        message: expect.stringContaining('images/linked.png'),
      }),
    );
    expect((await server.ask('GET', '/api/cases/linked/image')).status).toBe(404);
    rmSync(join(project, 'images', 'linked.png'));
  });
});

describe('archives', () => {
  test('that would write outside are refused whole', async () => {
    for (const name of ['../evil.png', '/evil.png', 'a/../../evil.png', '..\\evil.png']) {
      const zip = zipSync({ [name]: noisePng(4) }, { level: 0 });
      const { received } = await importFiles(server, { 'x.zip': zip });
      expect([name, received[0].status]).toEqual([name, 422]);
    }
    expect(readdirSync(home).sort()).toEqual(['project', 'secret.png']);
  });

  test('have no links, no hidden files, nothing that is no image', async () => {
    const zip = zipSync({
      'ok.png': [noisePng(5), { level: 0 }],
      'link.png': [Buffer.from('/etc/passwd'), { os: 3, attrs: 0o120777 << 16 }],
      '__MACOSX/._ok.png': new Uint8Array(10),
      'page.html': Buffer.from('<script>alert(1)</script>'),
      'inner.zip': zipSync({ 'a.png': noisePng(6) }),
    });
    const { received, finished } = await importFiles(server, { 'x.zip': zip });
    const { files, skipped } = received[0].json as { files: number; skipped: { path: string }[] };
    expect(files).toBe(1);
    expect(skipped.map(({ path }) => path)).toEqual(['link.png', 'page.html', 'inner.zip']);
    expect(finished.json).toMatchObject({ images: 1 });
  });

  test('that unpack to far more than they are are stopped while they do', async () => {
    const zeros = zipSync({ 'bomb.png': new Uint8Array(400 * 2 ** 20) }, { level: 9 });
    expect(zeros.length).toBeLessThan(600_000);
    const { received } = await importFiles(server, { 'bomb.zip': zeros });
    expect([received[0].status, messageOf(received[0].json)]).toEqual([
      413,
      expect.stringContaining('bomb.png'),
    ]);
  });

  test('that lie about their sizes are refused', async () => {
    const zip = Buffer.from(zipSync({ 'a.png': new Uint8Array(2 ** 20) }, { level: 9 }));
    const central = zip.indexOf(Buffer.from('504b0102', 'hex'));
    zip.writeUInt32LE(100, central + 24); // uncompressed size
    const { received } = await importFiles(server, { 'lie.zip': zip });
    expect(received[0].status).toBe(422);
    const cut = await importFiles(server, { 'cut.zip': zip.subarray(0, 500) });
    expect(cut.received[0].status).toBe(422);
  });

  test('of ten thousand files are unpacked, and more than the limit are not begun', async () => {
    const image = noisePng(7, 16);
    const names = Array.from({ length: 10_000 }, (_, i) => `many/${i}.png`);
    const zip = zipSync(Object.fromEntries(names.map((name) => [name, image])), { level: 0 });
    const opened = await server.ask('POST', '/api/imports', '{"as":"auto"}');
    const { id } = opened.json as { id: string };
    const put = () => server.ask('PUT', `/api/imports/${id}/files?path=many.zip`, zip);
    expect((await put()).json).toEqual({ files: 10_000, skipped: [] });
    const more = zipSync(
      Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`more/${i}.png`, image])),
      { level: 0 },
    );
    const answer = await server.ask('PUT', `/api/imports/${id}/files?path=more.zip`, more);
    expect(answer.status).toBe(413);
    expect((await server.ask('DELETE', `/api/imports/${id}`)).status).toBe(204);
    expect(readdirSync(join(project, '.studio', 'incoming'))).not.toContain(id);
  }, 120_000);
});

describe('files', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

  test('that a browser would run are not taken, whatever their names say', async () => {
    const { received, finished } = await importFiles(server, {
      'a.svg': svg,
      'b.html': '<script>alert(1)</script>',
      'c.png': svg,
      'd.jpg': '<!doctype html><script>alert(1)</script>',
      'e.js': 'alert(1)',
    });
    for (const { json } of received) expect(json).toMatchObject({ files: 0 });
    expect(finished.status).toBe(422);
  });

  test('come back as pictures of our own making only', async () => {
    const hidden = Buffer.concat([noisePng(8), Buffer.from(svg)]);
    await importFiles(server, { 'poly.png': hidden });
    for (const path of ['image', 'thumbnail?size=64']) {
      const { status, headers, body } = await server.ask('GET', `/api/cases/poly/${path}`);
      expect(status).toBe(200);
      expect(headers['content-type']).toMatch(/^image\/(png|webp)$/);
      expect(body.includes('<svg')).toBe(false);
    }
  });

  /** A PNG whose header is one's own, its data zeros. */
  function forged(width: number, height: number, data: Uint8Array): Buffer {
    const chunk = (type: string, content: Uint8Array) => {
      const body = Buffer.concat([Buffer.from(type), content]);
      const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
      length.writeUInt32BE(content.length);
      check.writeUInt32BE(crc32(body));
      return Buffer.concat([length, body, check]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header[8] = 8;
    return Buffer.concat([
      Buffer.from('89504e470d0a1a0a', 'hex'),
      chunk('IHDR', header),
      chunk('IDAT', data),
      chunk('IEND', new Uint8Array()),
    ]);
  }

  test('that are damaged are told by name, and harm nothing', async () => {
    const whole = noisePng(9);
    const { finished } = await importFiles(server, {
      'fine.png': noisePng(10),
      'cut.png': whole.subarray(0, whole.length / 2),
      'huge.png': forged(100_000, 100_000, deflateSync(new Uint8Array(1000))),
      'short.png': forged(64, 64, deflateSync(new Uint8Array(10))),
      'noise.jpg': Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(500, 7)]),
    });
    const { images, problems } = finished.json as ImportFinished;
    expect(images).toBe(1);
    for (const name of ['cut.png', 'huge.png', 'short.png', 'noise.jpg']) {
      const told = problems.find(({ message }) => message.includes(name));
      expect([name, told?.severity]).toEqual([name, 'error']);
      expect(told!.message).not.toContain(home);
    }
  });

  test('put there by hand and damaged have no picture, but an answer', async () => {
    writeFileSync(join(project, 'images', 'broken.png'), 'no png');
    const { status, json } = await server.ask('GET', '/api/cases/broken/image');
    expect([status, messageOf(json)]).toEqual([422, expect.stringContaining('broken.png')]);
    rmSync(join(project, 'images', 'broken.png'));
  });

  test('of masks must be PNGs of the image’s size with known classes', async () => {
    const put = (body: Uint8Array) => server.ask('PUT', '/api/cases/a/mask', body);
    const before = (await server.ask('GET', '/api/cases/a/mask')).body;
    for (const [body, status] of [
      [squareMask(16), 422],
      [squareMask(32, 5), 422],
      [Buffer.from(svg), 415],
      [squareMask(32).subarray(0, 60), 422],
      [forged(50_000, 50_000, deflateSync(new Uint8Array(100))), 413],
      [forged(32, 32, deflateSync(new Uint8Array(5))), 422],
    ] as const) {
      const answer = await put(body);
      expect([answer.status, messageOf(answer.json)]).toEqual([status, expect.any(String)]);
    }
    expect((await server.ask('GET', '/api/cases/a/mask')).body.equals(before)).toBe(true);
    // More data than the header asks for (a bomb): either refused or read no further.
    const bomb = forged(32, 32, deflateSync(new Uint8Array(60 * 2 ** 20)));
    expect([200, 422]).toContain((await put(bomb)).status);
    expect((await put(squareMask())).status).toBe(200);
  });

  test('of a gigabyte are refused, announced or not, and never held in memory', async () => {
    const opened = await server.ask('POST', '/api/imports', '{"as":"auto"}');
    const { id } = opened.json as { id: string };
    const path = `/api/imports/${id}/files?path=big.png`;
    const announced = await server.ask('PUT', path, zeros(16), {
      'Content-Length': String(2 ** 30),
    });
    expect(announced.status).toBe(413);

    let sent = 0;
    async function* counted() {
      for await (const chunk of zeros(1024)) {
        sent += chunk.length;
        yield chunk;
      }
    }
    const streamed = await server.ask('PUT', path, counted());
    expect([streamed.status, messageOf(streamed.json)]).toEqual([
      413,
      expect.stringContaining('over 256 MiB'),
    ]);
    expect(sent).toBeLessThan(300 * 2 ** 20);
    const incoming = join(project, '.studio', 'incoming', id, 'files');
    expect(existsSync(incoming) ? readdirSync(incoming) : []).toEqual([]);
    await server.ask('DELETE', `/api/imports/${id}`);
  }, 120_000);

  async function* zeros(mebibytes: number): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(2 ** 20);
    for (let i = 0; i < mebibytes; i++) yield chunk;
  }

  test('of JSON bodies are limited too', async () => {
    const body = JSON.stringify({ kind: 'keep', id: 'x'.repeat(5 * 2 ** 20) });
    expect((await server.ask('POST', '/api/mends', body)).status).toBe(413);
    expect((await server.ask('POST', '/api/mends', '{"kind":"eval"}')).status).toBe(400);
    expect((await server.ask('POST', '/api/mends', 'no json')).status).toBe(400);
  });
});

test('ten thousand images are listed, in little memory', async () => {
  const folder = join(home, 'many');
  mkdirSync(join(folder, 'images'), { recursive: true });
  const bytes = noisePng(11, 16);
  for (let i = 0; i < 10_000; i++) writeFileSync(join(folder, 'images', `${i}.png`), bytes);
  const many = await startServer(folder);
  try {
    const { json } = await many.ask('GET', '/api/data');
    expect((json as DataTable).rows).toHaveLength(10_000);
    expect(many.peakMemory()).toBeLessThan(300);
  } finally {
    await many.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

test('a page that listens does not hold up a server that is told to end', async () => {
  const listened = await startServer(join(home, 'listened'));
  const { port, token } = listened;
  const headers = { Authorization: `Bearer ${token}` };
  const page = request({ host: '127.0.0.1', port, path: '/api/events', headers }).end();
  const [stream] = (await once(page, 'response')) as [IncomingMessage];
  await once(stream, 'data'); // it pauses now
  stream.on('error', () => {}); // cut off
  listened.child.kill();
  // Sooner than the stream's next sign of life, which is 15 s away.
  await expect.poll(() => listened.child.exitCode, { timeout: 10_000 }).toBe(0);
});

test('after all that the server has stayed small', () => {
  expect(server.peakMemory()).toBeLessThan(300);
});
