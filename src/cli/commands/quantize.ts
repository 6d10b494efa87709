/** `quantize MODEL --calibration PATH --out FILE.zip`: the main job, from a float model to the bundle of integers. */
import { nodePorts } from '../../adapters/node/ports';
import { dataInputs, modelFiles, readBytes } from '../../adapters/node/files';
import { createEngine } from '../../engine/create-engine';
import type { CalibrationSummary, ConversionSummary, EngineApi } from '../../engine/api';
import { exportFormat, learns, memorySizeText, parseExportOptions, parseRecipe } from '../../core/index';
import type { DatasetInfo } from '../../core/calibrate/types';
import { shapesForData } from '../chosen-shapes';
import { isSavedCalibration } from '../saved-calibration';
import { FailedCheck, type CommandSpec } from '../command';
import { dataFlags, preprocessingOf, preprocessingText, refuseImageFlags, shapeFlags } from '../data-flags';
import { badUsage, type Flags } from '../flags';
import { learnMemoryFlag, learnMemoryOf } from '../learn-memory';
import { checkOutPath } from '../out-path';
import { pluginFlags, usePlugins } from '../plugins';
import { recipeFlags, recipeOf } from '../recipe-flags';
import { bytesText, counted, decibel, table, type Terminal } from '../terminal';

export const calibrationFlags = [
  ['--calibration <path>', '.npz, .npy, a folder of images, or `synthetic` (made-up data: for a first look only)'],
  ['--samples <n>', 'At most this many samples (default 64)'],
] as const;

export const quantize: CommandSpec = {
  usage: 'quantize <model>',
  about: 'Calibrate, convert to integers only, and write the bundle',
  flags: (registry) => [
    ...calibrationFlags,
    ['--data <path>', 'Samples for the test vectors, where --calibration is a saved calibration'],
    ['--sample <index>', 'The sample whose integers are in the bundle (default 0)'],
    ['--out <file.zip>', 'Where the bundle is written'],
    ['--export <list>', `Further files: ${registry.exporters.map((e) => e.id).join(',')}`],
    ['--export-option <format.name=value>', 'How they are written, e.g. hex.wordWidth=64. More than once. See `formats`'],
    ['--level <0-9>', 'Compression of the zip (default 0: stored)'],
    ['--resume <file>', 'Layers that are learned are added to this file; those that it has are not learned again'],
    learnMemoryFlag,
    ['--strict', 'Refuse a model in which an operator would run in float'],
    ...pluginFlags,
    ...recipeFlags(registry),
    ...dataFlags,
    ...shapeFlags,
  ],
  async run([model = ''], flags, terminal, plugins) {
    const { registry } = plugins;
    const out = flags.required('out');
    flags.required('calibration');
    const recipe = parseRecipe(await recipeOf(flags, registry), registry.quantizers);
    const kept = recipe.layers.find((l) => l.keep === 'float');
    if (flags.flag('strict') && kept) {
      throw new FailedCheck(
        `The recipe keeps ${kept.match} in float, and --strict allows no float operator, asked for or not. Leave out one of the two.`,
      );
    }
    const level = flags.integer('level', 0, 9) ?? 0;
    const formats = (flags.text('export') ?? '').split(',').filter((f) => f !== '');
    for (const id of formats) exportFormat(id, registry.exporters);
    const options = parseExportOptions(flags.texts('export-option'), formats, registry.exporters);
    await checkOutPath(out);
    const resume = flags.text('resume');
    if (resume !== undefined) {
      if (!learns(recipe, registry.quantizers))
        throw badUsage('The recipe learns nothing that --resume could keep', { todo: 'Leave it out.' });
      await checkOutPath(resume, '--resume');
    }
    const memory = learnMemoryOf(flags);
    const engine = createEngine(nodePorts(() => out, resume));
    await usePlugins(engine, plugins, terminal);
    const opened = await modelFiles(model);
    const shapes = await shapesForData(opened, flags, flags.text('data') ?? flags.required('calibration'), terminal);
    const summary = await engine.open(opened, shapes ? { shapes } : {}, terminal.job());
    const { islands } = summary;
    if (flags.flag('strict') && islands.length > 0) {
      const named = islands.slice(0, 3).map((i) => `${i.node} (${i.op}): ${i.reason}`);
      throw new FailedCheck(
        `${islands.length === 1 ? 'One operator' : `${islands.length} operators`} would run in float: ${named.join('; ')}${islands.length > 3 ? '; ...' : ''}. Leave out --strict to let them.`,
      );
    }
    const { calibration, data } = await calibrated(engine, flags, recipe.seed, terminal);
    const sampleIndex = flags.integer('sample', 0, data.samples - 1) ?? 0;
    const conversion = await engine.convert(recipe, { sampleIndex, strict: flags.flag('strict'), memory }, terminal.job());
    const exported = await engine.exportBundle({ formats, options, level }, terminal.job());
    for (const warning of [...summary.warnings, ...calibration.warnings, ...conversion.warnings]) terminal.warn(warning);
    const { layers, ...converted } = conversion;
    const result = {
      out,
      name: exported.fileName,
      bytes: exported.bytes,
      files: exported.files,
      model: { name: summary.name, sha256: summary.sha256 },
      recipe,
      calibration: { ...calibration, preprocessing: data.preprocessing },
      ...converted,
      layers,
    };
    terminal.result(result, textOf(conversion, calibration, data, [`${out}: ${bytesText(exported.bytes)}, ${exported.files} files`]));
    return 0;
  },
};

/** From `--calibration` (and `--data`): data in the engine, and their statistics. */
export async function calibrated(
  engine: EngineApi,
  flags: Flags,
  seed: number,
  terminal: Terminal,
): Promise<{ readonly calibration: CalibrationSummary; readonly data: DatasetInfo }> {
  const path = flags.required('calibration');
  const samples = flags.integer('samples', 1) ?? 64;
  if (path === 'synthetic') {
    const data = await engine.useSyntheticData({ samples, seed });
    refuseImageFlags(flags, data);
    return { data, calibration: await engine.calibrate({ samples, provider: 'wasm' }, terminal.job()) };
  }
  const saved = await isSavedCalibration(path);
  const from = flags.text('data');
  if (saved !== (from !== undefined)) {
    throw saved
      ? badUsage('A saved calibration has no samples', { todo: 'Give --data PATH for the test vectors of the bundle.' })
      : badUsage('--data goes only with a saved calibration', { todo: 'Leave it out.' });
  }
  const given = { role: 'calibration', preprocessing: preprocessingOf(flags) } as const;
  const data = await engine.useData(await dataInputs(from ?? path), given, terminal.job());
  refuseImageFlags(flags, data);
  const calibration = saved
    ? await engine.restoreCalibration(await readBytes(path))
    : await engine.calibrate({ samples, provider: 'wasm' }, terminal.job());
  return { data, calibration };
}

function textOf(conversion: ConversionSummary, calibration: CalibrationSummary, data: DatasetInfo, last: readonly string[]): string[] {
  const rows = conversion.layers
    .filter((l) => l.main || l.kind === 'add' || l.kind === 'sub')
    .map((l) => [
      l.id,
      l.kind,
      l.weightBits === undefined ? `a${l.inputBits}` : `w${l.weightBits}a${l.inputBits}`,
      decibel(l.sqnrDb),
      l.accumulator === undefined ? '-' : `${l.accumulator.seenBits}/${l.accumulator.boundBits}`,
      l.maxLsb === undefined ? '-' : String(l.maxLsb),
    ]);
  return [
    ...table([['layer', 'op', 'bits', 'SQNR', 'acc. seen/bound', 'max LSB'], ...rows]),
    '',
    ...learnedText(conversion),
    ...preparedText(conversion),
    ...nonlinearText(conversion),
    `${counted(calibration.samples, 'sample')} of ${data.name} (${calibration.source})${data.preprocessing ? `: ${preprocessingText(data.preprocessing)}` : ''}`,
    `weights ${memorySizeText(conversion.weightBytes)}, logits SQNR ${decibel(conversion.logitsSqnrDb)}, ${
      conversion.islands.length === 0
        ? 'no float operator left'
        : `${conversion.islands.length === 1 ? 'one float island' : `${conversion.islands.length} float islands`}:`
    }`,
    ...conversion.islands.map((i) => `  ${i.node} (${i.op}): ${i.reason}`),
    ...last,
  ];
}

/** One line a step: how many layers it changed, how many it left alone. */
function preparedText({ prepared }: ConversionSummary): string[] {
  const words = {
    equalize: 'equalization',
    smooth: 'smoothing',
    prune: 'pruning',
    learn: 'learned weights',
    batchNorm: 'BatchNorm re-estimation',
    bias: 'bias correction',
  };
  const steps = [...new Set(prepared.notes.map((n) => n.step))];
  return steps.map((step) => {
    const mine = prepared.notes.filter((n) => n.step === step);
    const done = mine.filter((n) => n.done).length;
    return `${words[step]}: ${counted(done, 'layer')}${done < mine.length ? `, ${mine.length - done} left alone` : ''}`;
  });
}

/** One line a layer that was learned. */
function learnedText({ prepared }: ConversionSummary): string[] {
  const rows = prepared.notes.flatMap(({ layer, learned }) =>
    learned
      ? [
          [
            layer,
            learned.kind,
            learned.before.toPrecision(3),
            learned.after.toPrecision(3),
            learned.moved === undefined ? '-' : String(learned.moved),
            learned.iterations === undefined ? '-' : String(learned.iterations),
          ],
        ]
      : [],
  );
  return rows.length === 0 ? [] : [...table([['learned', 'what', 'loss before', 'after', 'flips', 'iterations'], ...rows]), ''];
}

/** What integers cost beside the float function under the same quantizers, and what keeping a kind in float would give. */
function nonlinearText({ nonlinear }: ConversionSummary): string[] {
  if (nonlinear === undefined) return [];
  const { kinds, samples, logitsSqnrDb } = nonlinear;
  const rows = kinds.map((k) => [
    k.kind,
    String(k.ops),
    decibel(k.integerDb),
    decibel(k.floatDb),
    decibel(k.costDb),
    decibel(k.logitsSqnrDb),
  ]);
  return [
    ...table([['non-linear', 'ops', 'integer', 'float', 'cost', 'logits SQNR if kept in float'], ...rows]),
    `measured on ${samples.length === 1 ? 'one sample' : `${samples.length} samples`}; the integer model has ${decibel(logitsSqnrDb)} there`,
    '',
  ];
}
