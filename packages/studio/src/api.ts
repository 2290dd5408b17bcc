/**
 * The contract between server and page: every request, answer and event. Types and paths only, nothing of
 * Node and nothing of the browser.
 *
 * All answers are JSON unless said otherwise; an answer that is not 2xx is an `ApiError`. Every request carries the
 * session's cookie, which opening the printed address sets, or `Authorization: Bearer <token>`. A request that
 * changes something must come from the page's own origin.
 */
export type {
  CaseChange,
  CaseRow,
  DataTable,
  DuplicatePair,
  MaskSaved,
  Mend,
  ModelRef,
  Problem,
  Split,
  Suggestions,
} from './api/data.ts';
export type {
  FileReceived,
  ImportFinished,
  ImportOpened,
  ImportOptions,
} from './api/imports.ts';
export type {
  PredictedItem,
  Prediction,
  PredictionFile,
  PredictionRequest,
} from './api/predictions.ts';
export type {
  ClassInfo,
  Project,
  ProjectChange,
  UploadLimits,
} from './api/project.ts';
export type {
  Calibration,
  CaseScores,
  Comparison,
  MetricName,
  RoundResults,
  RunResults,
  Score,
  SetScores,
} from './api/results.ts';
export type {
  EventData,
  MethodName,
  Round,
  RoundEvent,
  RoundLabels,
  RunEvent,
  RunState,
  RunSummary,
  TrainEvents,
  TrainingOptions,
  TrainingPlan,
  TrainingPreset,
  UnknownEventData,
} from './api/rounds.ts';

/** One line that says what, where, why and how to mend it. */
export interface ApiError {
  error: string;
}

/**
 * Hints on `routes.events`, so that the page knows what to ask for again. After a lost connection ask for all.
 * The SSE event's name is the key, its data the value as JSON.
 */
export interface ProjectEvents {
  /** Rows, problems or the inspection's state changed. */
  data: { inspection: 'none' | 'running' | 'fresh' | 'stale' | 'failed' };
  /** A round began, ended or changed its state. */
  round: { name: string };
  prediction: { id: string; done: number; images: number };
  suggestions: { state: 'none' | 'running' | 'ready' | 'failed' };
}

const part = encodeURIComponent;
const round = (name: string) => `/api/rounds/${part(name)}`;
const run = (name: string, method: string) => `${round(name)}/runs/${part(method)}`;
const one = (id: string) => `/api/cases/${part(id)}`;
const prediction = (id: string) => `/api/predictions/${part(id)}`;

/** Paths; the comment gives method, body and answer. Pictures are PNG or WebP, re-encoded by the server. */
export const routes = {
  /** GET: Project. PUT ProjectChange: Project. */
  project: '/api/project',
  /** GET: server-sent events, ProjectEvents. */
  events: '/api/events',
  /** POST: Project, filled with the bundled lungs: nine labelled, one to paint, others to test. */
  demo: '/api/demo',

  /** GET: DataTable, fast, from what is known. */
  data: '/api/data',
  /** POST Mend: DataTable. (`paint` is the page's own.) */
  mends: '/api/mends',
  /** PATCH CaseChange[]: DataTable. */
  cases: '/api/cases',
  /** GET: WebP, longest side `size` (64 to 1024) px; with `overlay` the mask is drawn over it. Cached for good with `v`. */
  thumbnail: (id: string, q: { size: number; revision: string; overlay?: boolean }) =>
    `${one(id)}/thumbnail?size=${q.size}&v=${part(q.revision)}${q.overlay ? '&overlay=1' : ''}`,
  /** GET: PNG, 8 bits, upright, full resolution. */
  image: (id: string, q: { revision: string }) => `${one(id)}/image?v=${part(q.revision)}`,
  /**
   * GET: PNG, 8-bit gray, class ids, size of the image; 404 where there is none. The answer's ETag is the revision.
   * PUT (image/png: gray 8-bit ids, or RGBA whose red channel holds them, as a canvas exports it): MaskSaved.
   * With `If-Match: <revision>` a mask that was changed elsewhere meanwhile is not overwritten (412).
   * DELETE: DataTable.
   */
  mask: (id: string) => `${one(id)}/mask`,
  /** POST ModelRef: PNG of class ids, the model's prediction for this image; nothing is stored. */
  prefill: (id: string) => `${one(id)}/prefill`,
  /** GET: Suggestions. POST ModelRef: Suggestions, begins anew. */
  suggestions: '/api/suggestions',

  /** POST ImportOptions: ImportOpened. */
  imports: '/api/imports',
  /** PUT, the body is the file: FileReceived. `path` is the file's name, with its folders. */
  importFile: (id: string, path: string) => `/api/imports/${part(id)}/files?path=${part(path)}`,
  /** POST: ImportFinished. DELETE: nothing is kept, 204. */
  import: (id: string) => `/api/imports/${part(id)}`,

  /** GET: TrainingPreset[], the first is the one to offer. */
  presets: '/api/training/presets',
  /** POST TrainingOptions: TrainingPlan. */
  plan: '/api/training/plan',
  /** GET: Round[], the newest first. POST TrainingOptions: Round, which begins. */
  rounds: '/api/rounds',
  /** GET: Round. DELETE: 204, to the project's trash; not while it runs. */
  round,
  /** POST: Round. `stop` keeps the best model so far and tests it. */
  pause: (name: string) => `${round(name)}/pause`,
  resume: (name: string) => `${round(name)}/resume`,
  stop: (name: string) => `${round(name)}/stop`,
  /**
   * GET: server-sent events. `run`: RoundEvent; `round`: Round, whenever its state changed. Begins with all
   * events so far, or after Last-Event-ID with those that were not seen. A `resume` event voids later steps.
   */
  roundEvents: (name: string) => `${round(name)}/events`,
  /** GET: PNG; `file` is that of a `preview` event. Rows of mask, synthetic image, nearest real image. */
  preview: (name: string, method: string, file: string) =>
    `${run(name, method)}/previews/${part(file)}`,

  /** GET: RoundResults. */
  results: (name: string) => `${round(name)}/results`,
  /** GET: PNG, `overlay` of CaseScores: prediction filled, truth as a white line. */
  overlay: (name: string, method: string, set: string, file: string) =>
    `${run(name, method)}/overlays/${part(set)}/${part(file)}`,
  /** GET: downloads. report.html; a zip with the model in safetensors; a zip of scores and overlays. */
  report: (name: string, method: string) => `${run(name, method)}/report.html`,
  model: (name: string, method: string) => `${run(name, method)}/model.zip`,
  scores: (name: string, method: string) => `${run(name, method)}/scores.zip`,
  /** GET: Comparison of all rounds. */
  comparison: '/api/comparison',

  /** GET: Prediction[], the newest first. POST PredictionRequest: Prediction, open for files. */
  predictions: '/api/predictions',
  /** GET: Prediction. POST: Prediction, which begins. DELETE: 204. */
  prediction,
  /** PUT, the body is the file: FileReceived. */
  predictionFile: (id: string, path: string) => `${prediction(id)}/files?path=${part(path)}`,
  /** GET: pictures of an item, `size` px at most (without: as large as the image). `mask`: PNG of class ids. */
  predictionPicture: (
    id: string,
    q: { name: string; kind: 'image' | 'overlay' | 'mask'; size?: number },
  ) => `${prediction(id)}/${q.kind}/${part(q.name)}${q.size ? `?size=${q.size}` : ''}`,
  /** GET: downloads. Areas as CSV; masks, overlays and the CSV as zip. */
  predictionCsv: (id: string) => `${prediction(id)}/areas.csv`,
  predictionZip: (id: string) => `${prediction(id)}/masks.zip`,
} as const;
