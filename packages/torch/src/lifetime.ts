/**
 * Who frees a tensor, and when. A tensor born inside a `scope` is freed at its end, unless the scope
 * returns it; one born outside lives until `dispose()` (or `using`), with the garbage collector as a
 * net, which runs too late for training: Node runs finalizers only between turns of the event loop.
 */
import { type NativeHandle, native } from './binding.ts';

/** A native object and the place where its end is decided. */
export abstract class Resource {
  /** @internal */
  readonly handle: NativeHandle;
  /** @internal The scope that will free this; null: nobody but `dispose()` and the collector. */
  owner: Scope | null = null;
  /** @internal Bytes that V8 was told of. */
  accounted = 0;
  /** @internal Bytes that the native object holds. */
  abstract readonly nativeBytes: number;

  constructor(handle: NativeHandle) {
    this.handle = handle;
    if (current) current.add(this);
    else release(this);
  }

  /** Frees the native memory now; using the object afterwards is a `DisposedTensorError`. Idempotent. */
  dispose(): void {
    if (this.owner === null) forget(this);
    this.owner = null;
    native.remove(this.handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

class Scope {
  readonly parent: Scope | null;
  #born: Resource[] = [];

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  add(resource: Resource): void {
    resource.owner = this;
    this.#born.push(resource);
  }

  /** Frees all but the survivors, which pass to the parent. */
  end(survivors: ReadonlySet<Resource>): void {
    for (const resource of this.#born) {
      if (resource.owner !== this) continue;
      if (!survivors.has(resource)) native.remove(resource.handle);
      else if (this.parent) this.parent.add(resource);
      else release(resource);
    }
  }
}

let current: Scope | null = null;

const collected = new FinalizationRegistry<{ handle: NativeHandle; bytes: number }>(
  ({ handle, bytes }) => {
    native.remove(handle);
    native.account(-bytes);
  },
);

/** From here on nobody but `dispose()` and the garbage collector frees the resource. */
function release(resource: Resource): void {
  resource.owner = null;
  resource.accounted = resource.nativeBytes;
  native.account(resource.accounted);
  collected.register(resource, { handle: resource.handle, bytes: resource.accounted }, resource);
}

function forget(resource: Resource): void {
  if (!collected.unregister(resource)) return;
  native.account(-resource.accounted);
}

/**
 * Takes a resource out of the scope it was born in: its new owner (a module, a loader) disposes of it.
 * Parameters and optimiser state are kept; intermediate results are not.
 */
export function keep<T extends Resource>(resource: T): T {
  if (resource.owner !== null) release(resource);
  return resource;
}

function collectResources(value: unknown, into: Set<Resource>, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Resource) {
    into.add(value);
  } else if (Array.isArray(value) || value instanceof Set) {
    for (const item of value) collectResources(item, into, seen);
  } else if (value instanceof Map) {
    for (const item of value.values()) collectResources(item, into, seen);
  } else if (!ArrayBuffer.isView(value)) {
    for (const item of Object.values(value)) collectResources(item, into, seen);
  }
}

/**
 * A function that ends something when its body returns cannot wait for a promise.
 * @internal
 */
export function refusePromise(name: string, result: unknown): void {
  const { then } = Object(result) as PromiseLike<unknown>;
  if (typeof then !== 'function') return;
  // This error tells of the mistake; a failure that the promise brings later must not end the process.
  then.call(result, undefined, () => {});
  throw new TypeError(`${name} cannot take an asynchronous function: it ends before the promise`);
}

/**
 * Runs `body` and frees every tensor born in it, except those reachable from what it returns (through
 * arrays, plain objects, Maps and Sets) and those that were `keep`-ed. Scopes nest; when the body
 * throws, all of them are freed.
 *
 * @throws TypeError when the body returns a promise: a scope ends before the promise would.
 * @example const loss = scope(() => model.forward(x).sub(y).square().mean().item());
 */
export function scope<T>(body: () => T): T {
  const mine = new Scope(current);
  current = mine;
  const survivors = new Set<Resource>();
  try {
    const result = body();
    refusePromise('scope', result);
    collectResources(result, survivors, new Set());
    return result;
  } finally {
    current = mine.parent;
    mine.end(survivors);
  }
}

/** Number of tensors that are not freed. A test that ends with more than it began with has a leak. */
export function liveTensors(): number {
  return native.live().tensors;
}

/** Bytes of memory that live tensors reach; views of one memory count once. */
export function liveBytes(): number {
  return native.live().bytes;
}
