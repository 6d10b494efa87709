/** `inspect MODEL`: what is in a model, and what would run in float. */
import { nodePorts } from '../../adapters/node/ports';
import { modelFiles } from '../../adapters/node/files';
import { createEngine } from '../../engine/create-engine';
import type { InputInfo } from '../../engine/api';
import type { CommandSpec } from '../command';
import { shapeFlags, shapesOf } from '../data-flags';
import { bytesText, table } from '../terminal';

export const inspect: CommandSpec = {
  usage: 'inspect <model>',
  about: 'Operators, inputs, parameters, MACs, recognised blocks, and what would run in float',
  flags: shapeFlags,
  async run([model = ''], flags, terminal) {
    const engine = createEngine(nodePorts((name) => name));
    const shapes = shapesOf(flags);
    const summary = await engine.open(await modelFiles(model), shapes ? { shapes } : {}, terminal.job());
    for (const warning of summary.warnings) terminal.warn(warning);
    const count = (n: number): string => n.toLocaleString('en-US');
    terminal.result(summary, [
      `${summary.name}: ${bytesText(summary.fileBytes)}, opset ${summary.opset}, IR ${summary.irVersion}, ${summary.producer || 'no producer'}`,
      `sha256 ${summary.sha256}`,
      `${count(summary.nodes)} nodes, ${count(summary.parameters)} parameters, ${count(summary.macs)} MACs a sample`,
      ...table([...summary.inputs.map((i) => ['input', valueText(i)]), ...summary.outputs.map((o) => ['output', valueText(o)])]),
      `operators: ${histogram(summary.opHistogram)}`,
      `blocks: ${histogram(summary.blocks)}`,
      ...(summary.islands.length === 0
        ? ['everything has an integer form']
        : [`${summary.islands.length} would run in float:`, ...summary.islands.map((i) => `  ${i.node} (${i.op}): ${i.reason}`)]),
    ]);
    return 0;
  },
};

function valueText({ name, dtype, shape, resolved }: InputInfo): string {
  const fixed = shape.every((d, i) => d === resolved[i]);
  return `${name} ${dtype} [${shape.join(', ')}]${fixed ? '' : ` as [${resolved.join(', ')}]`}`;
}

function histogram(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).map(([name, n]) => `${name} ${n}`);
  return entries.length === 0 ? 'none' : entries.join(', ');
}
