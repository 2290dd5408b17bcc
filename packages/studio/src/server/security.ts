/**
 * Who may talk to the server: a page that it has served itself, to a user who has opened the printed address.
 * Against other sites in the same browser: Host (DNS rebinding), Origin and Sec-Fetch-Site, and a token that only
 * the printed address holds. What the page may do is limited by its content security policy.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

export interface Access {
  readonly token: string;
  /** Known once the server listens. */
  port(): number;
}

/** Scripts, styles, pictures and requests of our own origin only; nothing may frame the page. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "font-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** For every request: the headers of every answer, and only our own name as Host. */
export function guardHost({ port }: Access): MiddlewareHandler {
  return async (c, next) => {
    const names = [`127.0.0.1:${port()}`, `localhost:${port()}`];
    if (!names.includes(c.req.header('Host') ?? '')) {
      c.res = c.json({ error: `This server answers to http://${names[0]} only` }, 403);
    } else await next();
    for (const [name, value] of Object.entries(headers)) {
      // A download may bring a stricter policy of its own.
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    }
  };
}

/** For the API: our own origin, and the token. */
export function guardApi(access: Access): MiddlewareHandler {
  return async (c, next) => {
    if (!isOwnOrigin(c, access)) {
      return c.json({ error: 'The request came from another site; use the page itself' }, 403);
    }
    if (!hasToken(c, access)) {
      return c.json({ error: 'Open the address that genseg studio has printed' }, 401);
    }
    c.header('Cache-Control', 'no-store');
    return await next();
  };
}

/** The printed address: keeps the token as a cookie, and takes it out of the address. */
export function enterByToken(access: Access): MiddlewareHandler {
  return async (c, next) => {
    const token = c.req.query('token');
    if (token === undefined) return await next();
    if (!isSame(token, access.token)) {
      return c.text('This address is from another start of genseg studio; open the new one.', 401);
    }
    setCookie(c, cookieName(access), access.token, {
      ...{ httpOnly: true, sameSite: 'Strict', path: '/' },
    });
    return c.redirect('/', 303);
  };
}

/** Cookies do not tell ports apart; two projects may be open. */
const cookieName = ({ port }: Access): string => `genseg-studio-${port()}`;

function isOwnOrigin(c: Context, { port }: Access): boolean {
  const origin = c.req.header('Origin');
  const site = c.req.header('Sec-Fetch-Site');
  const own = [`http://127.0.0.1:${port()}`, `http://localhost:${port()}`];
  if (origin !== undefined && !own.includes(origin)) return false;
  return site === undefined || site === 'same-origin' || site === 'none';
}

function hasToken(c: Context, access: Access): boolean {
  const bearer = c.req.header('Authorization')?.match(/^Bearer (.+)$/)?.[1];
  const given = bearer ?? getCookie(c, cookieName(access));
  return given !== undefined && isSame(given, access.token);
}

/** Takes the same time wherever they differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
