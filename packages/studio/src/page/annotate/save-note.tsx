/** Whether what was painted is stored, in words; a conflict is settled here. */
import type { SaveState } from './autosave.ts';

export function SaveNote({
  state,
  restored,
  onOverwrite,
  onDiscard,
}: {
  state: SaveState;
  restored: boolean;
  onOverwrite: () => void;
  onDiscard: () => void;
}) {
  if (state.kind === 'conflict')
    return (
      <div className="note bad" role="alert">
        <p>This mask was changed elsewhere meanwhile, in another window or by a program.</p>
        <div className="row">
          <button type="button" className="button small" onClick={onOverwrite}>
            Keep mine
          </button>
          <button type="button" className="button small" onClick={onDiscard}>
            Take the other
          </button>
        </div>
      </div>
    );
  if (state.kind === 'failed')
    return (
      <div className="note bad" role="alert">
        Not stored yet, tried again in a moment: {state.message} What you painted is safe in this
        browser.
      </div>
    );
  const words = {
    saved: 'All changes saved',
    waiting: 'Changes not saved yet',
    saving: 'Saving …',
  };
  return (
    <p className="small muted" role="status">
      {restored && state.kind === 'saved'
        ? 'Restored what was not stored last time'
        : words[state.kind]}
    </p>
  );
}
