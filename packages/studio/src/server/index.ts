/** The studio's server; `genseg studio` starts it. */
export { routes } from '../api.ts';
