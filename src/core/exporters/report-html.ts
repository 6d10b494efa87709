/**
 * report.html: what the network became, on one page that asks for nothing: facts, a table of all layers, and plots as inline
 * SVG. Everything that comes from the model is escaped; the page's own policy allows no request.
 */
import { utf8Encode } from '../base/bytes';
import type { LayerReport } from '../analysis/types';
import type { Exporter, ExportBundle } from './exporter';
import type { ManifestOp, ManifestTensor } from './manifest';
import { escapeHtml } from './html';
import { barChart, pairChart } from './report-charts';
import { recipesHtml } from './report-recipes';
import { reportStyle } from './report-style';

const whole = (v: number): string => String(v).replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');
const digits = (v: number | undefined, places: number): string => (v === undefined ? '' : v.toFixed(places));

function scaleText({ scale }: ManifestTensor): string {
  if (typeof scale === 'number') return scale.toPrecision(4);
  const [least, most] = scale.reduce(([a, b], s) => [Math.min(a, s), Math.max(b, s)], [Infinity, 0]);
  return `${least.toPrecision(3)} to ${most.toPrecision(3)}`;
}

interface Row {
  readonly op: ManifestOp;
  readonly report: LayerReport | undefined;
}

function cells({ op, report }: Row, tensors: Readonly<Record<string, ManifestTensor>>): string[] {
  const weight = 'weight' in op && typeof op.weight === 'string' ? tensors[op.weight] : undefined;
  const [input, output] = [tensors[op.inputs[0] ?? ''], tensors[op.output]];
  const bits = (t: ManifestTensor | undefined): string => (t ? `${t.signed ? 's' : 'u'}${t.bits}` : '');
  const proof = 'accumulator' in op ? op.accumulator : undefined;
  return [
    `<th scope="row">${escapeHtml(op.name)}</th>`,
    `<td>${escapeHtml(op.kind)}</td>`,
    `<td>${escapeHtml(output?.shape.join(' \u00d7 ') ?? '')}</td>`,
    `<td>${[bits(input), weight ? `w${weight.bits}` : '', bits(output)].filter((b) => b !== '').join(' ')}</td>`,
    `<td class="n">${weight ? scaleText(weight) : ''}</td>`,
    `<td class="n">${output ? scaleText(output) : ''}</td>`,
    `<td class="n">${output ? output.zeroPoint : ''}</td>`,
    `<td class="n">${digits(report?.sqnrDb, 1)}</td>`,
    `<td class="n">${digits(report?.maxLsb, 0)}</td>`,
    `<td class="n">${proof ? `${proof.seenBits} / ${proof.boundBits}` : ''}</td>`,
    `<td class="n">${op.macs > 0 ? whole(op.macs) : ''}</td>`,
  ];
}

function factsOf({ input, manifest }: ExportBundle): readonly (readonly [string, string])[] {
  const { recipe } = input;
  const { model, calibration, arithmetic, islands, report } = manifest;
  const macs = manifest.ops.reduce((sum, op) => sum + op.macs, 0);
  const weights = Object.values(manifest.tensors).filter((t) => t.role === 'weight');
  const weightBits = weights.reduce((sum, t) => sum + t.bits * t.shape.reduce((a, b) => a * b, 1), 0);
  return [
    ['Model', model.name],
    ['SHA-256', model.sha256],
    ['Operator set', `${model.opset}${model.producer === '' ? '' : `, by ${model.producer}`}`],
    ['Weights', `${recipe.weights.algorithm}, ${recipe.weights.bits} bit, ${whole(Math.ceil(weightBits / 8))} bytes`],
    ['Activations', `${recipe.activations.algorithm}, ${recipe.activations.bits} bit`],
    ['Calibration', `${calibration.samples} samples (${calibration.source})`],
    ['Arithmetic', `rounds ${arithmetic.rounding}, multipliers ${arithmetic.multiplier}`],
    ['Operators', `${manifest.ops.length} in integers, ${islands.length} in float`],
    ['Multiply-accumulates', whole(macs)],
    ...(report?.logitsSqnrDb === undefined ? [] : [['SQNR of output 0', `${report.logitsSqnrDb.toFixed(2)} dB`] as const]),
    ['Sample', `${manifest.sample.index}`],
    ['Made by', `${manifest.tool.name} ${manifest.tool.version}`],
  ];
}

/** Those from the fifth on are numbers. */
const columns = [
  'Layer',
  'Operator',
  'Output',
  'Bits',
  'Weight scale',
  'Output scale',
  'Zero',
  'SQNR dB',
  'Max LSB',
  'Acc. bits seen / proved',
  'MACs',
];

function html(bundle: ExportBundle): string {
  const { input, manifest } = bundle;
  const reports = new Map((input.layers ?? []).map((l) => [l.id, l]));
  const rows: Row[] = manifest.ops.map((op) => ({ op, report: reports.get(op.name) }));
  const measured = rows.flatMap(({ op, report }) =>
    report?.sqnrDb === undefined ? [] : [{ name: escapeHtml(op.name), value: report.sqnrDb }],
  );
  const proved = rows.flatMap(({ op }) => {
    const proof = 'accumulator' in op ? op.accumulator : undefined;
    return proof ? [{ name: escapeHtml(op.name), value: proof.seenBits, most: proof.boundBits }] : [];
  });
  const work = rows.flatMap(({ op }) => (op.macs > 0 ? [{ name: escapeHtml(op.name), value: op.macs }] : []));
  const title = `${escapeHtml(manifest.model.name)} in integers`;
  const islands = manifest.islands.map((i) => `<li><b>${escapeHtml(i.node)}</b> (${escapeHtml(i.op)}): ${escapeHtml(i.reason)}</li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<dl>${factsOf(bundle)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('')}</dl>
${measured.length === 0 ? '' : `<section><h2>Signal to noise of each layer's output, dB</h2>${barChart(measured, (v) => `${v.toFixed(1)} dB`)}</section>`}
${proved.length === 0 ? '' : `<section><h2>Accumulator bits: seen on the sample, and proved from the weights</h2>${pairChart(proved, (v) => `${v} bit`)}</section>`}
${work.length === 0 ? '' : `<section><h2>Multiply-accumulates</h2>${barChart(work, whole)}</section>`}
${islands.length === 0 ? '' : `<section><h2>Left in float</h2><ul>${islands.join('')}</ul></section>`}
${recipesHtml(input.compared ?? [])}
<section>
<h2>Layers</h2>
<div class="table"><table>
<thead><tr>${columns.map((c, i) => `<th scope="col"${i < 4 ? '' : ' class="n"'}>${c}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells(row, manifest.tensors).join('')}</tr>`).join('\n')}
</tbody>
</table></div>
<p>Bits: u is unsigned, s signed, w the weight's. Real = scale \u00d7 (integer \u2212 zero). SQNR is against the float network on the calibration sample. Max LSB is the largest difference of the integers from the hard-rounded float path.</p>
</section>
</main>
</body>
</html>
`;
}

export const reportExporter: Exporter = {
  id: 'report',
  title: 'Report',
  help: 'report.html: facts, plots and all layers on one page without a request.',
  group: 'design',
  place: 'report.html',
  options: [],
  files: (bundle) => [{ path: 'report.html', parts: () => [utf8Encode(html(bundle))] }],
};
