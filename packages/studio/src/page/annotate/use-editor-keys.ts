/** Does what keys mean on the painting page (keys.ts), unless they are typed into a field. */
import { type Dispatch, type RefObject, useEffect, useEffectEvent } from 'react';
import type { Editor } from '../engine/index.ts';
import { go } from '../route.ts';
import { commandOf } from './keys.ts';
import type { Next } from './next-case.ts';
import type { StageHandle } from './stage.tsx';
import type { ToolAction } from './tools.ts';

export function useEditorKeys({
  editor,
  classes,
  stage,
  dispatch,
  next,
}: {
  /** Undefined while the case is being opened: keys do nothing. */
  editor: Editor | undefined;
  /** How many there are, with the background. */
  classes: number;
  stage: RefObject<StageHandle | null>;
  dispatch: Dispatch<ToolAction>;
  next: Next | null;
}): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const command = commandOf(event);
    if (!command || !editor || isTyped(event)) return;
    if (command.kind === 'tools' && command.action.kind === 'class')
      if (command.action.classId >= classes) return;
    event.preventDefault();
    switch (command.kind) {
      case 'tools':
        return dispatch(command.action);
      case 'undo':
        return editor.undo();
      case 'redo':
        return editor.redo();
      case 'zoom':
        return stage.current?.zoom(command.factor);
      case 'fit':
        return stage.current?.fit();
      case 'drop-corner':
        return stage.current?.dropCorner();
      case 'cancel':
        editor.cancelStroke();
        return stage.current?.cancelPolygon();
      case 'next':
        if (next) go('annotate', next.id);
    }
  });
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

/** Sliders and radio buttons take no text. */
function isTyped({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'range' && target.type !== 'radio';
  return /^(SELECT|TEXTAREA)$/.test(target.tagName);
}
