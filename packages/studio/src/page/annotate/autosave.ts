/**
 * Saves a while after the last change, one save at a time, and again if painting went on meanwhile. What fails is
 * tried again by itself, except a conflict, which only the painter can settle.
 */
export type SaveState =
  | { readonly kind: 'saved' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'saving' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'conflict' };

export interface Autosave {
  readonly state: SaveState;
  /** Something changed. */
  changed(): void;
  /** Saves now what is not saved; resolves when all is, or when saving failed. */
  flush(): Promise<void>;
  /** After a conflict: this one counts. */
  overwrite(): Promise<void>;
  /** Forgets what is not saved. */
  stop(): void;
}

/**
 * @param save stores the state of the moment; `force`: whatever is there
 * @param isConflict whether an error means that somebody else changed it
 */
export function createAutosave({
  save,
  isConflict,
  onState,
  delay = 700,
  retry = 4000,
}: {
  save: (force: boolean) => Promise<void>;
  isConflict: (error: unknown) => boolean;
  onState: (state: SaveState) => void;
  delay?: number;
  retry?: number;
}): Autosave {
  let state: SaveState = { kind: 'saved' };
  let dirty = false;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;

  const show = (next: SaveState): void => {
    state = next;
    if (!stopped) onState(next);
  };
  const later = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void flush(false), ms);
  };
  const once = async (force: boolean): Promise<void> => {
    dirty = false;
    show({ kind: 'saving' });
    try {
      await save(force);
      show(dirty ? { kind: 'waiting' } : { kind: 'saved' });
    } catch (error) {
      dirty = true;
      if (stopped) return;
      if (isConflict(error)) {
        show({ kind: 'conflict' });
      } else {
        show({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
        later(retry);
      }
    }
  };
  async function flush(force: boolean): Promise<void> {
    clearTimeout(timer);
    await running;
    if (!dirty || stopped || (state.kind === 'conflict' && !force)) return;
    running = once(force);
    await running;
    running = undefined;
    // Painting went on while it was saved.
    if (dirty && !stopped && state.kind === 'waiting') later(delay);
  }
  return {
    get state() {
      return state;
    },
    changed() {
      dirty = true;
      if (stopped || state.kind === 'conflict' || state.kind === 'saving') return;
      show({ kind: 'waiting' });
      later(delay);
    },
    flush: () => flush(false),
    overwrite: () => flush(true),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
