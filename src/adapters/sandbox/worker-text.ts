/**
 * The whole program of a sandbox's worker: our runtime on one line, then the plugin as the body of a function. Law: line n of the
 * plugin is line n + linesBefore of the text.
 */
export interface WorkerText {
  readonly text: string;
  readonly linesBefore: number;
}

/** `runtime`: an expression whose value takes the plugin's factory. `script`: the plugin as CommonJS (script-of.ts). */
export function workerText(runtime: string, script: string): WorkerText {
  const head = `(${runtime})(function (exports, require) {\n`;
  return { text: `${head}${script}\n});\n`, linesBefore: head.split('\n').length - 1 };
}
