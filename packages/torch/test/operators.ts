/** Calls an operator by its schema's names through the public function that was generated for it. */
import { native, type Schema } from '../src/binding.ts';
import * as torch from '../src/index.ts';

const camel = (name: string) =>
  name.replace(/(?<=[a-z0-9])_+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());

export function schemaOf(operator: string): Schema {
  const schema = native.schema(operator);
  if (schema === null) throw new Error(`this LibTorch has no operator ${operator}`);
  return schema;
}

/** Arguments that have had a default since LibTorch 1.13, of which the public functions are made. */
const required: Readonly<Record<string, readonly string[]>> = {
  'std.correction': ['dim'],
  'var.correction': ['dim'],
  'var_mean.correction': ['dim'],
};

/** @param given the arguments by the names that the schema has for them. */
export function callByName(operator: string, given: Readonly<Record<string, unknown>>): unknown {
  const base = camel(operator.split('.')[0].replace(/^_+/, ''));
  const { [base === 'var' ? 'variance' : base]: callable } = torch as Record<string, unknown>;
  const positional: unknown[] = [];
  const options: Record<string, unknown> = {};
  for (const { name, keywordOnly, default: fallback } of schemaOf(operator).arguments) {
    const isRequired = fallback === null || required[operator]?.includes(name);
    if (!keywordOnly && isRequired) positional.push(given[name]);
    else if (name in given) options[camel(name)] = given[name];
  }
  if (Object.keys(options).length > 0) positional.push(options);
  return (callable as (...args: unknown[]) => unknown)(...positional);
}
