/**
 * The bundle of the converted model, streamed to the sink. Law: the same model, recipe, data and seed give the
 * same bytes wherever it runs; a bundle that was not finished leaves nothing behind.
 */
import { bundleFiles, bundleName, bytesOf, integerOnnx, registerRefusal, qdqModel, sha256Stream, writeZip } from '../core/index';
import type { CalibrationShard, Preprocessing, Sample } from '../core/calibrate/types';
import type { BundleInput } from '../core/exporters/bundle-input';
import type { Exporter } from '../core/exporters/exporter';
import type { ExportOptions, ExportResult } from './api';
import type { JobContext } from './job';
import type { EnginePorts } from './ports';
import type { Converted, OpenModel } from './state';

export async function exportBundle(
  options: ExportOptions,
  model: OpenModel,
  converted: Converted,
  ports: Pick<EnginePorts, 'openSink' | 'tool'>,
  exporters: readonly Exporter[],
  ctx: JobContext,
): Promise<ExportResult> {
  const fileName = bundleName(model.summary.name, converted.recipe);
  const input = bundleInput(options, model, converted, ports.tool);
  const sink = await ports.openSink(fileName);
  try {
    const { bytes, files } = await writeZip(bundleFiles(input, ctx, exporters), sink, options.level, ctx);
    await sink.close();
    return { fileName, bytes, files, blob: await sink.blob() };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function bundleInput(options: ExportOptions, model: OpenModel, converted: Converted, tool: EnginePorts['tool']): BundleInput {
  const { summary } = model;
  const { calibration, canonical, recipe, plan, integer, tensors, sample, sampleIndex } = converted;
  return {
    integer,
    tensors,
    tool,
    model: { name: summary.name, sha256: summary.sha256, opset: summary.opset, producer: summary.producer },
    recipe,
    plugins: converted.plugins,
    calibration: calibrationRecord(calibration),
    report: reportRecord(converted.summary),
    sample: { index: sampleIndex, sha256: inputDigest(sample) },
    formats: options.formats,
    options: options.options ?? {},
    extra: [
      // where it has no exact form, README.md says why
      ...(registerRefusal(integer) === undefined
        ? [{ path: 'model/integer.onnx', parts: () => [integerOnnx(integer, summary.name)] }]
        : []),
      { path: 'model/qdq.onnx', parts: () => [qdqModel(canonical, plan, recipe)] },
    ],
    network: { canonical, plan },
    layers: converted.summary.layers,
    compared: options.compared ?? [],
  };
}

function calibrationRecord({ samples, sha256, source, preprocessing }: CalibrationShard): BundleInput['calibration'] {
  return { samples, sha256, source, ...(preprocessing ? { preprocessing: preprocessingRecord(preprocessing) } : {}) };
}

function preprocessingRecord({ resize, size, scale, mean, std, layout, channels }: Preprocessing) {
  return {
    ...(resize === undefined ? {} : { resize }),
    size: [size[0], size[1]] as [number, number],
    scale,
    mean: [...mean],
    std: [...std],
    layout,
    channels,
  };
}

/** As JSON has it: what is undefined is absent. */
function reportRecord({ logitsSqnrDb, nonlinear, prepared }: Converted['summary']): BundleInput['report'] {
  const rounded = logitsSqnrDb === undefined ? undefined : Math.round(logitsSqnrDb * 100) / 100;
  const learned = prepared.notes.flatMap((n) => (n.learned ? [{ layer: n.layer, ...n.learned }] : []));
  return JSON.parse(
    JSON.stringify({ logitsSqnrDb: rounded, learned: learned.length === 0 ? undefined : learned, nonlinear }),
  ) as BundleInput['report'];
}

/** SHA-256 of the sample's preprocessed bytes, inputs one after the other. */
function inputDigest(sample: Sample): string {
  const hash = sha256Stream();
  for (const input of sample.inputs.values()) hash.update(bytesOf(input.data));
  return hash.hex();
}
