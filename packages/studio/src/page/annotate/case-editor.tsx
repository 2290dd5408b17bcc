/** One image being painted: the stage, and beside it tools, classes, the model's help and whether all is saved. */
import { useEffect, useMemo, useReducer, useRef } from 'react';
import type { CaseRow, ModelRef, Suggestions } from '../../api.ts';
import { countClasses } from '../engine/index.ts';
import { useProject } from '../project.ts';
import { go } from '../route.ts';
import { Failure } from '../ui/note.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { ClassList } from './class-list.tsx';
import { keyList } from './keys.ts';
import { ModelHelp } from './model-help.tsx';
import type { Next } from './next-case.ts';
import { SaveNote } from './save-note.tsx';
import { Stage, type StageHandle } from './stage.tsx';
import { ThresholdPanel } from './threshold-panel.tsx';
import { ToolBar } from './tool-bar.tsx';
import { changeTools, firstTools, type ToolState } from './tools.ts';
import { useCase } from './use-case.ts';
import { useEditorKeys } from './use-editor-keys.ts';

/** Tools stay in hand from one image to the next. */
let inHand: ToolState = firstTools;

export function CaseEditor({
  row,
  model,
  suggestions,
  onSuggestions,
  next,
}: {
  row: CaseRow;
  model: ModelRef | null;
  suggestions: Suggestions | undefined;
  onSuggestions: (value: Suggestions) => void;
  next: Next | null;
}) {
  const { project } = useProject();
  const stage = useRef<StageHandle>(null);
  const [tools, dispatch] = useReducer(changeTools, inHand);
  const { opened, error, saving, turn, reopen } = useCase(project.folder, row, (rect) =>
    stage.current?.touch(rect),
  );
  useEffect(() => {
    inHand = tools;
  }, [tools]);
  // A class that is no more cannot be painted.
  useEffect(() => {
    if (tools.classId >= project.classes.length) dispatch({ kind: 'class', classId: 1 });
  }, [tools.classId, project.classes.length]);

  useEditorKeys({
    ...{ editor: opened?.editor, stage, dispatch, next },
    classes: project.classes.length,
  });

  const shares = useMemo(() => {
    void turn;
    if (!opened) return [];
    const { mask } = opened;
    return [...countClasses(mask)].map((count) => count / mask.pixels.length);
  }, [opened, turn]);

  return (
    <>
      <div className="middle">
        {opened ? (
          <Stage
            handle={stage}
            image={opened.image}
            mask={opened.mask}
            editor={opened.editor}
            tools={tools}
            classes={project.classes}
            brightness={opened.brightness}
            label={`Painting area of ${row.id}. Arrow keys move the brush, Enter puts it down and lifts it.`}
          />
        ) : (
          <div className="alone">
            {error ? <Failure message={error} retry={reopen} /> : <Waiting what={row.id} />}
          </div>
        )}
      </div>
      <aside className="panel" aria-label="Painting">
        <div className="stack tight">
          <h1>{row.id}</h1>
          <p className="small muted">
            {opened ? `${opened.mask.width} × ${opened.mask.height} px` : ' '}
            {row.patient ? ` · patient ${row.patient}` : ''}
          </p>
          <SaveNote
            state={saving}
            restored={opened?.restored ?? false}
            onOverwrite={() => void opened?.autosave.overwrite()}
            onDiscard={reopen}
          />
        </div>
        <div className="stack tight">
          <button
            type="button"
            className="button"
            disabled={!next}
            onClick={() => next && go('annotate', next.id)}
          >
            Next image
          </button>
          <p className="small muted">
            {next ? `${next.id}: ${next.reason}.` : 'Every image has a mask.'}
          </p>
        </div>
        {opened && (
          <>
            <ToolBar
              tools={tools}
              dispatch={dispatch}
              editor={opened.editor}
              onZoom={(factor) => stage.current?.zoom(factor)}
              onFit={() => stage.current?.fit()}
            />
            {tools.tool === 'threshold' && (
              <ThresholdPanel
                editor={opened.editor}
                brightness={opened.brightness}
                classId={tools.classId}
              />
            )}
            <ClassList
              classes={project.classes}
              shares={shares}
              tools={tools}
              dispatch={dispatch}
            />
            {model && (
              <ModelHelp
                id={row.id}
                opened={opened}
                model={model}
                painted={shares.slice(1).some((share) => share > 0)}
                ranks={next !== null}
                suggestions={suggestions}
                onSuggestions={onSuggestions}
              />
            )}
          </>
        )}
        <details>
          <summary>Keys</summary>
          <dl className="keys small">
            {keyList.map(([keys, does]) => (
              <div key={keys}>
                <dt>{keys}</dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </details>
      </aside>
    </>
  );
}
