/**
 * TypeScript from operator schemas: one function per operator name, its overloads told apart by the
 * arguments; required arguments positional, the rest one options object; a method on Tensor for every
 * function whose first argument is `self`.
 */

const HIDDEN = new Set(['layout', 'pin_memory', 'non_blocking']); // of no use from here
const RESERVED = { var: 'variance' }; // functions whose name JavaScript does not allow

const camel = (name) =>
  name.replace(/(?<=[a-zA-Z0-9])_+([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase());
const functionName = (base) => camel(base.replace(/^_+/, ''));

/** TypeScript type, how the value is handed to the addon, and how an overload is recognised by it. */
function typeOf({ type, repeat }) {
  const optional = type.endsWith('?');
  const bare = optional ? type.slice(0, -1) : type;
  const many = repeat > 0 ? 'number | readonly number[]' : 'readonly number[]';
  const array = (x) => `Array.isArray(${x})`;
  const isTensor = (x) => `${x} instanceof TensorCore`;
  const number = (x) => `typeof ${x} === 'number'`;
  const same = (x) => x;
  const forms = {
    Tensor: ['Tensor', (x) => `${x}${optional ? '?' : ''}.handle`, isTensor],
    'Tensor[]': [
      'readonly Tensor[]',
      (x) => `handlesOf(${x})`,
      (x) => `${array(x)} && ${isTensor(`${x}[0]`)}`,
    ],
    'Tensor?[]': ['readonly (Tensor | null)[]', (x) => `handlesOf(${x})`, array],
    int: ['number', same, number],
    SymInt: ['number', same, number],
    'int[]': [many, same, (x) => `(${array(x)} || ${number(x)})`],
    'SymInt[]': [many, same, (x) => `(${array(x)} || ${number(x)})`],
    float: ['number', same, number],
    'float[]': ['readonly number[]', same, array],
    bool: ['boolean', same, (x) => `typeof ${x} === 'boolean'`],
    'bool[]': ['readonly boolean[]', same, array],
    Scalar: [
      'Scalar',
      same,
      (x) => `(${x} !== null && typeof ${x} !== 'object' && typeof ${x} !== 'undefined')`,
    ],
    'Scalar[]': ['readonly Scalar[]', same, array],
    str: ['string', same, (x) => `typeof ${x} === 'string'`],
    ScalarType: ['DType', (x) => `dtypeCode(${x})`, (x) => `typeof ${x} === 'string'`],
    MemoryFormat: ['MemoryFormat', (x) => `formatCode(${x})`, (x) => `typeof ${x} === 'string'`],
    Device: ['Device', same, (x) => `typeof ${x} === 'string'`],
    Generator: [
      'Generator',
      (x) => `${x}${optional ? '?' : ''}.handle`,
      (x) => `typeof ${x} === 'object'`,
    ],
  };
  const form = forms[bare];
  if (!form) throw new Error(`no TypeScript form for the schema type '${type}'`);
  const [ts, pass, test] = form;
  return {
    ts: optional ? `${ts} | null` : ts,
    pass,
    test: optional ? (x) => `(${x} === null || ${test(x)})` : test,
    optional,
  };
}

function privateName(name) {
  const [base, overload = 'default'] = name.split('.');
  const suffix = camel(overload);
  return functionName(base) + suffix[0].toUpperCase() + suffix.slice(1);
}

function toOverload({ name, schema }, index) {
  const shown = schema.arguments.filter((argument) => !HIDDEN.has(argument.name));
  const parameters = shown.map((argument) => ({
    ...argument,
    js:
      camel(argument.name) === functionName(name.split('.')[0])
        ? `${camel(argument.name)}Value`
        : camel(argument.name),
    form: typeOf(argument),
    positional: !argument.keywordOnly && argument.default === null,
  }));
  return {
    index,
    name,
    schema,
    parameters,
    positional: parameters.filter((p) => p.positional),
    options: parameters.filter((p) => !p.positional),
    written: schema.arguments.find((argument) => argument.written),
    privateName: privateName(name),
  };
}

function optionsType(overload) {
  const fields = overload.options.map((p) => {
    const required = p.default === null && !p.form.optional;
    return `${p.js}${required ? '' : '?'}: ${p.form.ts}`;
  });
  return `{ ${fields.join('; ')} }`;
}

const optionsRequired = (overload) =>
  overload.options.some((p) => p.default === null && !p.form.optional);

/** The parameter list; `skipSelf` for methods. */
function signature(overload, skipSelf = false) {
  const positional = overload.positional
    .slice(skipSelf ? 1 : 0)
    .map((p) => `${p.js}: ${p.form.ts}`);
  if (overload.options.length === 0) return positional.join(', ');
  const mark = optionsRequired(overload) ? '' : '?';
  return [...positional, `options${mark}: ${optionsType(overload)}`].join(', ');
}

function resultOf(overload) {
  const { returns } = overload.schema;
  if (overload.written) {
    const list = overload.written.type.endsWith('[]');
    return {
      type: list ? 'void' : 'Tensor',
      wrap: (call) => (list ? `${call};` : `${call};\n  return ${camel(overload.written.name)};`),
    };
  }
  const one = ({ type }) => {
    if (type === 'Tensor') return ['Tensor', (x) => `wrap(${x})`];
    if (type === 'Tensor[]') return ['Tensor[]', (x) => `wrapAll(${x})`];
    if (type === 'bool') return ['boolean', (x) => `${x} as boolean`];
    if (type === 'int' || type === 'float') return ['number', (x) => `${x} as number`];
    throw new Error(`no TypeScript form for the result type '${type}' of ${overload.name}`);
  };
  if (returns.length === 1) {
    const [type, wrap] = one(returns[0]);
    return { type, wrap: (call) => `return ${wrap(call)};` };
  }
  const fields = returns.map((r, i) => `${camel(r.name || `result${i}`)}: ${one(r)[0]}`);
  return {
    type: `[${fields.join(', ')}]`,
    wrap: (call) => `return wrapAll(${call}) as [${fields.join(', ')}];`,
  };
}

const docOf = (overload) => `/** \`${overload.schema.text.replace(/^aten::/, '')}\` */`;

/** The body that calls the addon. */
function body(overload) {
  const pass = overload.parameters.map((p) => p.form.pass(p.positional ? p.js : `options.${p.js}`));
  const call = `call(${[overload.index, ...pass].join(', ')})`;
  return resultOf(overload).wrap(call);
}

function implementation(overload, name, exported) {
  const fallback = overload.options.length > 0 && !optionsRequired(overload);
  const list = fallback
    ? signature(overload).replace(/options\?: (\{.*\})$/, 'options: $1 = {}')
    : signature(overload);
  return `${exported ? `${docOf(overload)}\nexport ` : ''}function ${name}(${list}): ${resultOf(overload).type} {\n  ${body(overload)}\n}\n`;
}

/** What must hold of the arguments for this overload and not for all of its siblings. */
function conditions(overload, siblings) {
  const tests = [];
  overload.positional.forEach((p, i) => {
    const alike = siblings.every(
      (other) => other.positional[i]?.type === p.type && other.positional[i]?.repeat === p.repeat,
    );
    if (!alike) tests.push(p.form.test(`a${i}`));
  });
  const distinct = overload.options.filter(
    (p) => p.default === null && siblings.some((o) => !o.options.some((q) => q.name === p.name)),
  );
  for (const p of distinct) {
    const at = overload.positional.length;
    tests.push(`(a${at} as { ${p.js}?: unknown } | undefined)?.${p.js} !== undefined`);
  }
  // clamp({ min, max }): the same options as numbers or as tensors.
  const at = `a${overload.positional.length}`;
  const tensors = overload.options.filter(
    (p) =>
      p.type.startsWith('Tensor') &&
      siblings.some((o) => o.options.some((q) => q.name === p.name && q.type !== p.type)),
  );
  if (tensors.length > 0)
    tests.push(
      `(${tensors.map((p) => `(${at} as { ${p.js}?: unknown } | undefined)?.${p.js} instanceof TensorCore`).join(' || ')})`,
    );
  return tests;
}

function overloaded(name, overloads) {
  // The most demanding first; the last is what remains, and the addon names what does not fit it.
  const ranked = overloads
    .map((overload) => ({
      overload,
      tests: conditions(
        overload,
        overloads.filter((o) => o !== overload),
      ),
    }))
    .sort((a, b) => b.tests.length - a.tests.length);
  const arity = Math.max(
    ...overloads.map((o) => o.positional.length + (o.options.length > 0 ? 1 : 0)),
  );
  const slots = Array.from({ length: arity }, (_, i) => `a${i}`);
  const type = [...new Set(overloads.map((o) => resultOf(o).type))].join(' | ');
  const branch = ({ overload, tests }, last) => {
    const count = overload.positional.length + (overload.options.length > 0 ? 1 : 0);
    const args = slots
      .slice(0, count)
      .map((slot) => `${slot} as never`)
      .join(', ');
    const call = `return ${overload.privateName}(${args});`;
    return last ? `  ${call}` : `  if (${tests.join(' && ')}) ${call}`;
  };
  const declarations = overloads.map(
    (o) => `${docOf(o)}\nexport function ${name}(${signature(o)}): ${resultOf(o).type};`,
  );
  return [
    ...overloads.map((o) => implementation(o, o.privateName, false)),
    ...declarations,
    `export function ${name}(${slots.map((slot) => `${slot}?: unknown`).join(', ')}): ${type} {`,
    ...ranked.map((entry, i) => branch(entry, i === ranked.length - 1)),
    '}\n',
  ].join('\n');
}

function methods(name, method, overloads) {
  const own = overloads.filter(
    (o) => o.positional[0]?.name === 'self' && o.positional[0].type === 'Tensor',
  );
  if (own.length === 0) return '';
  if (own.length === 1 && overloads.length === 1) {
    const [o] = own;
    const args = [
      ...o.positional.slice(1).map((p) => p.js),
      ...(o.options.length ? ['options'] : []),
    ];
    return `  ${docOf(o)}\n  ${method}(${signature(o, true)}): ${resultOf(o).type} {\n    return ${name}(${['this', ...args].join(', ')});\n  }\n`;
  }
  const declarations = own.map(
    (o) => `  ${docOf(o)}\n  ${method}(${signature(o, true)}): ${resultOf(o).type};`,
  );
  const type = [...new Set(own.map((o) => resultOf(o).type))].join(' | ');
  return [
    ...declarations,
    `  ${method}(...args: unknown[]): ${type} {`,
    `    return (${name} as (...args: unknown[]) => ${type})(this, ...args);`,
    '  }\n',
  ].join('\n');
}

/** @param operators [{ name, schema }] in the order of ops.txt */
export function render(operators, version) {
  const overloads = operators.map(toOverload);
  const groups = groupBy(overloads, (o) => o.name.split('.')[0]);
  const functions = [];
  const members = [];
  for (const [base, group] of groups) {
    const method = functionName(base);
    const name = RESERVED[method] ?? method;
    functions.push(
      group.length === 1 ? implementation(group[0], name, true) : overloaded(name, group),
    );
    members.push(methods(name, method, group));
  }
  const table = overloads.map(
    (o) => `  ['${[o.name, ...o.parameters.map((p) => p.name)].join("', '")}'],`,
  );
  return `// Generated by tools/generate.mjs from ops.txt and the schemas of LibTorch ${version}. Do not edit.
import { type NativeHandle, native } from './binding.ts';
import { type Device, type DType, dtypeCode, formatCode, type MemoryFormat, type Scalar } from './dtype.ts';
import type { Generator } from './generator.ts';
import { type Index, TensorCore } from './tensor-core.ts';

/** An n-dimensional array of one element type on one device, with LibTorch's operators as methods. */
export class Tensor extends TensorCore {
  /** The gradient that \`backward\` accumulated in this leaf, null before the first. */
  get grad(): Tensor | null {
    const handle = native.getGrad(this.handle);
    return handle === null ? null : new Tensor(handle);
  }

  set grad(value: Tensor | null) {
    native.setGrad(this.handle, value === null ? null : value.handle);
  }

  /** A view of the part that the indices select; see \`Index\`. */
  at(...indices: Index[]): Tensor {
    return new Tensor(native.at(this.handle, indices));
  }

${members.filter(Boolean).join('\n')}}

const wrap = (handle: unknown): Tensor => new Tensor(handle as NativeHandle);

const wrapAll = (handles: unknown): Tensor[] => (handles as NativeHandle[]).map(wrap);

const handlesOf = (tensors: readonly (Tensor | null)[]): (NativeHandle | null)[] =>
  tensors.map((tensor) => (tensor === null ? null : tensor.handle));

/** Each operator's name, then its arguments in the order in which the functions below pass them. */
export const OPERATORS: readonly (readonly string[])[] = [
${table.join('\n')}
];
native.declare(OPERATORS);

const { call } = native;

${functions.join('\n')}`;
}

function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
