export { ScriptSegmenter } from './script-segmenter.ts';
