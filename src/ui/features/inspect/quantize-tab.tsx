/** How a layer computes in integers: its quantizers, the requantization per channel, the accumulator, the distance to the float path. */
import type { LayerDetail, LayerReport, TensorRefInfo } from '../../../engine/api';
import { BitsBar } from '../../charts/bits-bar';
import { ChannelBars } from '../../charts/channel-bars';
import { levelOf } from '../../charts/compute';
import { countText, realText, shareText, wholeText } from '../../charts/format';
import { conversionOf } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { Badge, Notice, Panel } from '../../kit/feedback';
import { Row, RowList, Stat, StatGrid } from '../../kit/stat';
import { Defined } from '../../kit/tooltip';
import { LayerSettings } from '../recipe/layer-settings';
import { CostPanel, KeepPanel } from './cost-panel';
import { definitions } from './definitions';
import { FunctionPanels, groupedText } from './function-panels';
import styles from './inspect.module.css';
import { Missing, NotHere } from './missing';
import { RequantTable } from './requant-table';
import { integerRange } from './tensor-facts';

const roundingNames: Readonly<Record<string, string>> = {
  'half-up': 'half up',
  'half-even': 'half to even',
  'half-away': 'half away from zero',
  floor: 'down',
};
const quantizerRoles = ['x1', 'x2', 'yq'] as const;
const roleTitles: Readonly<Record<string, string>> = { x1: 'Input', yq: 'Output' };

const movedText = 'Integers are moved, not changed: input and output have the same scale and zero point.';
/** What an operator without a requantization of its own does to the integers. */
const plainKinds: Readonly<Record<string, string>> = {
  reshape: movedText,
  transpose: movedText,
  slice: movedText,
  expand: movedText,
  gather: movedText,
  where: 'A mask of 0 and 1 chooses between two integers of the same scale and zero point.',
  pool: 'The largest integer of each window is passed on: scale and zero point stay.',
  concat: 'Integers are put side by side. Inputs with another quantizer are requantized before.',
  pad: 'Integers are passed on; the padding holds the zero point.',
};

export function QuantizeTab({ detail }: { readonly detail: LayerDetail }) {
  const island = useStudio((s) => conversionOf(s)?.islands.find((i) => i.node === detail.id || detail.card.sources.includes(i.node)));
  const { fn, requant, add, accumulator, report, tensors } = detail;
  const registerBits = accumulator?.limit?.bits ?? 32;
  if (tensors.length === 0 && report === undefined) {
    return detail.card.kind === 'input' || detail.card.kind === 'output' ? (
      <NotHere title="Nothing to quantize">The quantizers of inputs and outputs are those of the layers beside them.</NotHere>
    ) : (
      <>
        <Missing title="Not converted yet" need="conversion">
          After the conversion: scales and zero points, the multiplier and shift of each channel, and the proved width of the accumulator.
        </Missing>
        <Settings detail={detail} />
      </>
    );
  }
  const quantizers = quantizerRoles.flatMap((r) => tensors.filter((t) => t.role === r));
  const plain = report !== undefined && !report.main && requant === undefined && add === undefined && fn === undefined;
  return (
    <>
      {island !== undefined && (
        <Panel title="Float island">
          <Notice tone="watch" title={`${detail.card.title} runs in float here`}>
            {sentence(island.reason)}. Its input is made real before, and its output integers after.
          </Notice>
        </Panel>
      )}
      {quantizers.length > 0 && (
        <Panel title="Quantizers">
          <Quantizers tensors={quantizers} detail={detail} />
          {plain && plainKinds[report.kind] !== undefined && <p className={styles.after}>{plainKinds[report.kind]}</p>}
        </Panel>
      )}
      {fn !== undefined && <FunctionPanels fn={fn} title={detail.card.title} />}
      <CostPanel layer={detail.id} />
      {requant !== undefined && (
        <Panel title="Requantization" aside={requant.mul.length === 1 ? 'one for the layer' : `${requant.mul.length} channels`}>
          <p className={styles.formula}>
            yq = clamp({wholeText(requant.zeroPoint)} + {requant.highMul ? '(high(2 × (y ≪ 31 − n) × M) ≫ n − 31)' : '((y × M) ≫ n)'},{' '}
            {wholeText(requant.lo)}, {wholeText(requant.hi)})
          </p>
          {requant.mul.length > 1 && (
            <>
              <h4 className={styles.sub}>
                <Defined definition={definitions.multiplier}>Multiplier M</Defined>
              </h4>
              <ChannelBars label="Multiplier per channel" values={requant.mul} height={40} />
              <h4 className={styles.sub}>
                <Defined definition={definitions.shift}>Shift n</Defined>
              </h4>
              <ChannelBars
                label="Shift per channel"
                values={requant.shift}
                from={Math.max(0, Math.min(...requant.shift) - 2)}
                height={40}
              />
            </>
          )}
          <RequantTable mul={requant.mul} shift={requant.shift} scale={detail.weightScale} />
          <div className={styles.gap} />
          <RowList>
            <Row
              label={requant.highMul ? 'Rounding of the last shift' : 'Rounding of the shift'}
              value={roundingNames[requant.rounding] ?? requant.rounding}
              definition={definitions.rounding}
            />
            <Row label="Zero point" value={wholeText(requant.zeroPoint)} definition={definitions.zeroPoint} />
            <Row label="Clamp" value={`${wholeText(requant.lo)} … ${wholeText(requant.hi)}`} definition={definitions.range} />
          </RowList>
        </Panel>
      )}
      {add !== undefined && (
        <Panel title="Requantization" aside="one shift for both">
          <p className={styles.formula}>
            yq = clamp({wholeText(add.zeroPoint)} + (((x1 − {wholeText(add.zeroPointA)}) × Ma + (x2 − {wholeText(add.zeroPointB)}) × Mb) ≫
            n))
          </p>
          <div className={styles.gap} />
          <RowList>
            <Row
              label="Multiplier Ma"
              value={wholeText(add.mulA)}
              unit={realText(add.mulA * 2 ** -add.shift)}
              definition={definitions.multiplier}
            />
            <Row
              label="Multiplier Mb"
              value={wholeText(add.mulB)}
              unit={realText(add.mulB * 2 ** -add.shift)}
              definition={definitions.multiplier}
            />
            <Row label="Shift n" value={add.shift} definition={definitions.shift} />
            <Row label="Clamp" value={`${wholeText(add.lo)} … ${wholeText(add.hi)}`} definition={definitions.range} />
          </RowList>
        </Panel>
      )}
      {accumulator !== undefined && (
        <Panel
          title="Accumulator"
          aside={
            <Badge tone={accumulator.boundBits <= registerBits ? 'good' : accumulator.limit === undefined ? 'bad' : 'watch'}>
              {accumulator.boundBits <= registerBits
                ? `fits ${registerBits} bits`
                : accumulator.limit === undefined
                  ? `needs ${accumulator.boundBits} bits`
                  : `may ${accumulator.limit.overflow === 'wrap' ? 'wrap' : 'saturate'} at ${registerBits} bits`}
            </Badge>
          }
        >
          <BitsBar label="Accumulator" bound={accumulator.boundBits} seen={accumulator.seenBits} register={registerBits} />
          <div className={styles.gap} />
          <RowList>
            <Row
              label="Largest possible"
              value={`±${groupedText(accumulator.bound)}`}
              unit={`${accumulator.boundBits} bit`}
              title={accumulator.bound}
              level={levelOf(accumulator.boundBits, definitions.accumulatorBits.thresholds)}
              definition={definitions.accumulatorBits}
            />
            <Row
              label="Seen on the sample"
              value={`${wholeText(accumulator.seenMin)} … ${wholeText(accumulator.seenMax)}`}
              unit={`${accumulator.seenBits} bit`}
              definition={definitions.accumulatorBits}
            />
          </RowList>
        </Panel>
      )}
      {report?.maxLsb !== undefined && <Difference report={report} elements={tensors.find((t) => t.role === 'yq')?.shape} />}
      <Settings detail={detail} />
      <KeepPanel detail={detail} />
    </>
  );
}

const ofWeights = ['weightBits', 'activationBits', 'weights', 'activations'] as const;
const ofActivations = ['activationBits', 'activations'] as const;

/** What the recipe says of this layer alone. */
function Settings({ detail }: { readonly detail: LayerDetail }) {
  if (!detail.canKeep) return null;
  const keys = detail.weights === undefined ? ofActivations : ofWeights;
  return <LayerSettings title="This layer in the recipe" whose="this layer" layers={[detail.id]} keys={keys} />;
}

function Difference({ report, elements }: { readonly report: LayerReport; readonly elements: readonly number[] | undefined }) {
  const limit = report.outputBits > 8 ? { good: 2, bad: 3 } : definitions.maxLsb.thresholds;
  const size = elements?.reduce((a, b) => a * b, 1);
  return (
    <Panel title="Integers against the fake path" aside="on the sample">
      <StatGrid columns={3}>
        <Stat
          label="max |int − fake|"
          value={wholeText(report.maxLsb ?? 0)}
          unit="LSB"
          level={levelOf(report.maxLsb, limit)}
          definition={definitions.maxLsb}
        />
        <Stat
          label="differing"
          value={report.differing === undefined ? '–' : countText(report.differing)}
          definition={definitions.differing}
        />
        <Stat
          label="share"
          value={report.differing === undefined || size === undefined || size === 0 ? '–' : shareText(report.differing / size)}
          definition={definitions.differing}
        />
      </StatGrid>
    </Panel>
  );
}

function Quantizers({ tensors, detail }: { readonly tensors: readonly TensorRefInfo[]; readonly detail: LayerDetail }) {
  const kind = detail.fn?.kind;
  const nameOf = (role: string): string | undefined => {
    if (role === 'x1' && kind === 'embedding') return 'Index';
    if (role !== 'x2') return roleTitles[role];
    return kind === 'embedding' ? 'Rows' : kind === 'softmax' ? 'Mask' : detail.weights === undefined ? 'Second' : 'Weights';
  };
  return (
    <div className={styles.tableBox}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Tensor</th>
            <th scope="col">
              <Defined definition={definitions.bits}>Bits</Defined>
            </th>
            <th scope="col">
              <Defined definition={definitions.scale}>Scale</Defined>
            </th>
            <th scope="col">
              <Defined definition={definitions.zeroPoint}>Zero</Defined>
            </th>
            <th scope="col">
              <Defined definition={definitions.range}>Range</Defined>
            </th>
          </tr>
        </thead>
        <tbody>
          {tensors.map((t) => {
            const range = t.lo === undefined || t.hi === undefined ? integerRange(t) : { lo: t.lo, hi: t.hi };
            return (
              <tr key={t.role}>
                <th scope="row" title={t.name}>
                  {nameOf(t.role)}
                </th>
                <td>
                  {t.bits}
                  <small>{t.signed ? 's' : 'u'}</small>
                </td>
                <td title={t.scale.length === 1 ? String(t.scale[0]) : undefined}>
                  {t.scale.length === 1 ? realText(t.scale[0] as number) : <small>per channel</small>}
                </td>
                <td>{wholeText(t.zeroPoint)}</td>
                <td>
                  {wholeText(range.lo)}…{wholeText(range.hi)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
