/** Takes files by drop, by choice of files and by choice of a folder. */
import { useId, useRef, useState } from 'react';
import { chosenFiles, droppedFiles, type NamedFile } from '../data/collect-files.ts';
import './drop-area.css';

export function DropArea({
  label,
  hint,
  compact = false,
  disabled = false,
  onFiles,
}: {
  label: string;
  hint: string;
  /** In one row, where there is more to see on the page. */
  compact?: boolean;
  disabled?: boolean;
  onFiles: (files: NamedFile[]) => void;
}) {
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const title = useId();
  const take = (found: NamedFile[]) => {
    if (found.length > 0) onFiles(found);
  };
  return (
    <section
      className={['drop', over ? 'over' : '', compact ? 'compact' : ''].join(' ').trim()}
      aria-labelledby={title}
      onDragOver={(event) => {
        event.preventDefault();
        if (!disabled) setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={async (event) => {
        event.preventDefault();
        setOver(false);
        if (!disabled) take(await droppedFiles(event.dataTransfer));
      }}
    >
      <div>
        <strong id={title}>{label}</strong>
        <p className="muted">{hint}</p>
      </div>
      <div className="row">
        <button
          type="button"
          className="button"
          disabled={disabled}
          onClick={() => files.current?.click()}
        >
          Choose files
        </button>
        <button
          type="button"
          className="button"
          disabled={disabled}
          onClick={() => folder.current?.click()}
        >
          Choose a folder
        </button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={`${label}: files`}
        onChange={({ currentTarget }) => takeInput(currentTarget, take)}
      />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        {...{ webkitdirectory: '' }}
        aria-label={`${label}: folder`}
        onChange={({ currentTarget }) => takeInput(currentTarget, take)}
      />
    </section>
  );
}

/** The same files may be chosen again afterwards. */
function takeInput(input: HTMLInputElement, take: (files: NamedFile[]) => void) {
  const files = chosenFiles(input.files ?? []);
  input.value = '';
  take(files);
}
