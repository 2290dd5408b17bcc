/** The built page: its files are public, only the API is not. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import type { Context } from 'hono';

const folder = join(import.meta.dirname, '..', '..', 'dist', 'page');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

/** A file of the page; for every path that is none, 404. */
export function pageFile(c: Context): Response {
  const name = c.req.path === '/' ? 'index.html' : c.req.path.slice(1);
  const path = join(folder, name);
  const type = types[extname(path)];
  const there = path.startsWith(folder + sep) && type !== undefined && existsSync(path);
  if (there && statSync(path).isFile()) {
    // Built assets have a hash of their content in the name.
    const cache = name.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache';
    return c.body(new Uint8Array(readFileSync(path)), 200, {
      'Content-Type': type,
      'Cache-Control': cache,
    });
  }
  if (name === 'index.html') {
    return c.text('The page has not been built: npm run setup\n', 503);
  }
  return c.text('There is no such page.\n', 404);
}
