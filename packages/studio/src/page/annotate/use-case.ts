/** A case in the editor: opened, painted, saved by itself, with drafts in the browser as a second net. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { type CaseRow, type MaskSaved, routes } from '../../api.ts';
import { brightnessOf, createEditor, type Editor, type Rect } from '../engine/index.ts';
import { RequestError, request, wordsOf } from '../net/request.ts';
import { type Autosave, createAutosave, type SaveState } from './autosave.ts';
import { type Draft, type Drafts, openDrafts } from './drafts.ts';
import { type MaskCoder, openMaskCoder } from './mask-file.ts';
import { type OpenedCase, openCase } from './open-case.ts';

export interface EditedCase extends OpenedCase {
  readonly editor: Editor;
  readonly autosave: Autosave;
  readonly brightness: () => Uint8Array;
  readonly coder: MaskCoder;
}

export interface CaseInHand {
  readonly opened: EditedCase | undefined;
  readonly error: string | undefined;
  readonly saving: SaveState;
  /** Counts what changed in the editor, so that buttons follow. */
  readonly turn: number;
  /** Throws away what is not stored and opens the case as the server has it. */
  readonly reopen: () => void;
}

/**
 * @param project its folder
 * @param onPaint is told which pixels to draw again
 */
export function useCase(
  project: string,
  row: Pick<CaseRow, 'id' | 'revision' | 'mask'>,
  onPaint: (rect: Rect) => void,
): CaseInHand {
  const [opened, setOpened] = useState<EditedCase>();
  const [error, setError] = useState<string>();
  const [saving, setSaving] = useState<SaveState>({ kind: 'saved' });
  const [turn, setTurn] = useState(0);
  const [again, setAgain] = useState(0);
  const paint = useRef(onPaint);
  paint.current = onPaint;
  // Later revisions of the row are mostly our own saves; what others did is found when saving.
  const first = useRef(row);
  if (first.current.id !== row.id) first.current = row;
  const latest = useRef(row);
  latest.current = row;
  const discard = useRef(false);

  useEffect(() => {
    void again;
    const stop = new AbortController();
    const coder = openMaskCoder();
    let close = async () => {};
    setOpened(undefined);
    setError(undefined);
    setSaving({ kind: 'saved' });
    (async () => {
      const drafts = await openDrafts(project);
      if (discard.current) await drafts.remove(row.id);
      discard.current = false;
      const found = await openCase(again === 0 ? first.current : latest.current, {
        coder,
        drafts,
        signal: stop.signal,
      });
      if (stop.signal.aborted) return;
      const session = edit(row.id, found, {
        coder,
        drafts,
        onState: (state) => {
          // The last save of a case that was left is not that of the one in hand.
          if (!stop.signal.aborted) setSaving(state);
        },
        onRect: (rect) => paint.current(rect),
        onTurn: () => setTurn((n) => n + 1),
      });
      close = session.close;
      setOpened(session.edited);
    })().catch((thrown) => {
      if (!stop.signal.aborted) setError(wordsOf(thrown));
    });
    return () => {
      stop.abort();
      // What is not stored is stored on the way out; the draft stays until it is.
      void close().finally(coder.close);
    };
  }, [project, row.id, again]);

  return useMemo(
    () => ({
      opened,
      error,
      saving,
      turn,
      reopen: () => {
        discard.current = true;
        setAgain((n) => n + 1);
      },
    }),
    [opened, error, saving, turn],
  );
}

function edit(
  id: string,
  found: OpenedCase,
  {
    coder,
    drafts,
    onState,
    onRect,
    onTurn,
  }: {
    coder: MaskCoder;
    drafts: Drafts;
    onState: (state: SaveState) => void;
    onRect: (rect: Rect) => void;
    onTurn: () => void;
  },
): { edited: EditedCase; close: () => Promise<void> } {
  const { mask, image } = found;
  let { revision } = found;
  let stored = 0;
  let seen = 0;
  const autosave = createAutosave({
    save: async (force) => {
      const saved = editor.revision;
      const png = await coder.encode(mask);
      const headers: Record<string, string> = { 'Content-Type': 'image/png' };
      if (!force) headers['If-Match'] = `"${revision}"`;
      const response = await request(routes.mask(id), { method: 'PUT', body: png, headers });
      ({ revision } = (await response.json()) as MaskSaved);
      stored = saved;
      if (editor.revision === saved) await drafts.remove(id);
    },
    isConflict: (thrown) => thrown instanceof RequestError && thrown.status === 412,
    onState,
  });
  const draft = (): Draft => {
    const { width, height, pixels } = mask;
    return { width, height, ids: pixels, base: revision };
  };
  const writeDraft = (): void => {
    if (editor.revision !== stored) void drafts.write(id, draft());
  };
  let drafting: ReturnType<typeof setTimeout> | undefined;
  const editor = createEditor(mask, (rect) => {
    onRect(rect);
    if (editor.painting || editor.revision === seen) return;
    seen = editor.revision;
    onTurn();
    autosave.changed();
    clearTimeout(drafting);
    drafting = setTimeout(writeDraft, 150);
  });
  // The page may be closed at any moment: what is painted until then is kept here.
  const keep = () => {
    editor.endStroke();
    if (editor.revision !== stored) drafts.writeNow(id, draft());
  };
  // On phones and tablets a hidden page may never come back.
  const hidden = () => {
    if (document.hidden) keep();
  };
  addEventListener('pagehide', keep);
  document.addEventListener('visibilitychange', hidden);
  if (found.restored) {
    stored = -1;
    autosave.changed();
  }
  let levels: Uint8Array | undefined;
  return {
    edited: {
      ...found,
      editor,
      autosave,
      coder,
      brightness: () => {
        levels ??= readBrightness(image);
        return levels;
      },
    },
    close: async () => {
      editor.endStroke();
      removeEventListener('pagehide', keep);
      document.removeEventListener('visibilitychange', hidden);
      clearTimeout(drafting);
      writeDraft();
      await autosave.flush();
      autosave.stop();
    },
  };
}

function readBrightness(image: ImageBitmap): Uint8Array {
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(image, 0, 0);
  return brightnessOf(context.getImageData(0, 0, image.width, image.height).data);
}
