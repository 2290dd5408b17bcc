/** The page's entry. */
import { routes } from '../api.ts';

console.log(routes.project);
