/**
 * `evaluate MODEL --bundle FILE.zip --data PATH`: float, fake-quantized and integer network side by side. The integers
 * and the fake-quantized model are those of the bundle, which must have been made from MODEL.
 */
import { nodePorts } from '../../adapters/node/ports';
import { dataInputs, modelFiles } from '../../adapters/node/files';
import { readBundle, StudioError, type Bundle } from '../../core/index';
import type { FloatIsland } from '../../core/ir/integer-model';
import type { Preprocessing } from '../../core/calibrate/types';
import { openDataset } from '../../engine/data';
import { evaluateModel } from '../../engine/evaluate';
import { openModel } from '../../engine/open';
import type { OpenModel } from '../../engine/state';
import { readBundleFiles } from '../bundle-file';
import { chosenShapes } from '../chosen-shapes';
import type { CommandSpec } from '../command';
import { engineContext } from '../context';
import { dataFlags, preprocessingOf, preprocessingText, refuseImageFlags, shapeFlags } from '../data-flags';
import { counted, decibel, percent, table } from '../terminal';

export const evaluate: CommandSpec = {
  usage: 'evaluate <model>',
  about: 'Compare float, fake-quantized and integer network on a data set',
  flags: [
    ['--bundle <file.zip>', 'The bundle that was made from the model'],
    ['--data <path>', '.npz, .npy or a folder of images, with labels if there are any'],
    ['--samples <n>', 'At most this many samples (default all)'],
    ...dataFlags,
    ...shapeFlags,
  ],
  async run([path = ''], flags, terminal) {
    const bundlePath = flags.required('bundle');
    const dataPath = flags.required('data');
    const samples = flags.integer('samples', 1);
    const given = preprocessingOf(flags);
    const ports = nodePorts((name) => name);
    const files = await readBundleFiles(bundlePath);
    const bundle = readBundle(files);
    const qdq = files.get('model/qdq.onnx');
    if (!qdq)
      throw new StudioError({
        code: 'bad-bundle',
        what: 'The bundle lacks model/qdq.onnx',
        where: { file: bundlePath },
        todo: 'Make it anew with quantize.',
      });
    const opened = await modelFiles(path);
    const shapes = await chosenShapes(opened, flags, bundlePath, () => inputShapes(bundle), terminal);
    const model = await openModel(opened, shapes, ports, engineContext(terminal));
    checkModel(model, bundle, path);
    const integer = { ...bundle.model, islands: islandsOf(model, bundle) };
    const recorded = bundle.manifest.calibration.preprocessing;
    const preprocessing: Partial<Preprocessing> = { ...recorded, ...given };
    const source = await openDataset(await dataInputs(dataPath), preprocessing, model, ports);
    refuseImageFlags(flags, source.info);
    const report = await evaluateModel({ model, qdq, integer, source, samples }, ports, engineContext(terminal));
    const { info } = source;
    const from =
      recorded === undefined
        ? 'flags and guess'
        : Object.keys(given).length === 0
          ? 'as recorded in the bundle'
          : 'flags over what the bundle recorded';
    terminal.result({ ...report, data: info.name, preprocessing: info.preprocessing }, [
      ...(info.preprocessing ? [`images: ${preprocessingText(info.preprocessing)} (${from})`] : []),
      `${counted(report.samples, 'sample')} of ${info.name}${report.labelled ? '' : ', without labels'}`,
      ...table([
        ['FP32 top-1', percent(report.fp32Top1)],
        ['fake-quantized top-1', percent(report.fakeTop1)],
        ['integer top-1', percent(report.intTop1)],
        ['integer agrees with FP32', percent(report.agreement)],
        ['integer agrees with fake', percent(report.fakeIntAgreement)],
        ['KL(FP32, integer)', `${report.kl.toExponential(2)} nats`],
        ['logits SQNR', decibel(report.logitsSqnrDb)],
      ]),
    ]);
    return 0;
  },
};

function inputShapes({ model: { inputs, values } }: Bundle): ReadonlyMap<string, readonly number[]> {
  return new Map(inputs.map((name) => [name, values.get(name)?.shape ?? []]));
}

function checkModel(model: OpenModel, { manifest }: Bundle, path: string): void {
  if (manifest.model.sha256 === model.summary.sha256) return;
  throw new StudioError({
    code: 'bad-data',
    what: 'The bundle was made from another model',
    expected: `SHA-256 ${manifest.model.sha256} (${manifest.model.name})`,
    got: model.summary.sha256,
    where: { file: path },
    todo: 'Give the model that the bundle was made from.',
  });
}

/** A bundle stores only the results of float islands: what they compute is taken from the model. */
function islandsOf({ canonical }: OpenModel, { manifest }: Bundle): FloatIsland[] {
  return manifest.islands.map(({ node, op, reason, output, before }) => {
    const source = canonical.model.graph.nodes.find((n) => n.id === node);
    if (!source)
      throw new StudioError({
        code: 'bad-bundle',
        what: 'The bundle names a float island that the model does not have',
        where: { node, op },
      });
    const opset = canonical.model.opsets[source.domain] ?? 1;
    const operands = source.inputs.map((name) => (name === undefined ? undefined : (canonical.constants(name) ?? name)));
    return { node, op, reason, output, before, source, opset, operands };
  });
}
