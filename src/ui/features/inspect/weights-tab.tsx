/** The weights of a layer: their distribution against the range of the integers, a scale per channel, the kernel as a picture. */
import type { GraphCard, LayerDetail } from '../../../engine/api';
import { conversionOf } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { ChannelBars } from '../../charts/channel-bars';
import { countText, realText, shapeText } from '../../charts/format';
import { HeatMap } from '../../charts/heat-map';
import { Notice, Panel } from '../../kit/feedback';
import { Stat, StatGrid } from '../../kit/stat';
import { definitions } from './definitions';
import { Distribution } from './distribution';
import styles from './inspect.module.css';
import { Missing, NotHere } from './missing';

export function WeightsTab({ detail }: { readonly detail: LayerDetail }) {
  const { weights, weightScale, raisedChannels, card } = detail;
  const converted = useStudio((s) => conversionOf(s) !== undefined);
  if (weights === undefined) {
    return <NotHere title="No weights">{withoutWeights(card)} Its input and output are under Activations.</NotHere>;
  }
  const picture =
    card.op === 'Gather'
      ? { title: 'Rows', caption: 'A row a token or position, blue below zero, orange above' }
      : card.op === 'MatMul' || card.op === 'Gemm'
        ? { title: 'Matrix', caption: 'As it is stored, blue below zero, orange above' }
        : { title: 'Kernel', caption: 'A row an output channel, blue below zero, orange above' };
  return (
    <>
      <Distribution title="Distribution" label="Weights" view={weights} />
      {weightScale === undefined && converted ? (
        <NotHere title="No quantizer">These weights stay real numbers: {card.title} runs in float here.</NotHere>
      ) : weightScale === undefined ? (
        <Missing title="No scales yet" need="conversion">
          After the conversion: the scale of each output channel and the range that the integers can hold.
        </Missing>
      ) : (
        <Scales scales={weightScale} raised={raisedChannels} />
      )}
      <Panel title={picture.title} aside={shapeText(weights.shape)}>
        <HeatMap
          label={picture.title}
          width={weights.heat.width}
          height={weights.heat.height}
          values={weights.heat.values}
          centre={0}
          displayHeight={Math.min(160, Math.max(32, weights.heat.height * 6))}
          caption={picture.caption}
        />
      </Panel>
    </>
  );
}

function Scales({ scales, raised }: { readonly scales: readonly number[]; readonly raised: readonly number[] }) {
  const least = scales.reduce((a, b) => Math.min(a, b), Infinity);
  const most = scales.reduce((a, b) => Math.max(a, b), 0);
  return (
    <Panel
      title={scales.length === 1 ? 'Scale of the weights' : 'Scale per channel'}
      aside={scales.length === 1 ? 'one for the layer' : `${scales.length}`}
    >
      {scales.length > 1 && <ChannelBars label="Scale per channel" values={scales} marked={{ channels: raised, word: 'raised' }} />}
      {scales.length > 1 && <div className={styles.gap} />}
      <StatGrid columns={3}>
        {scales.length > 1 && <Stat label="smallest" value={realText(least)} definition={definitions.scale} />}
        <Stat label={scales.length > 1 ? 'largest' : 'scale'} value={realText(most)} definition={definitions.scale} />
        {scales.length > 1 && (
          <Stat label="spread" value={`${realText(Number((most / least).toPrecision(3)))}×`} definition={definitions.scaleSpread} />
        )}
      </StatGrid>
      {raised.length > 0 && (
        <div style={{ marginTop: 12 }}>
          <Notice tone="watch" title={`${raised.length} near-dead ${raised.length === 1 ? 'channel' : 'channels'} raised`}>
            Channel {raised.slice(0, 12).join(', ')}
            {raised.length > 12 ? ` and ${raised.length - 12} more` : ''}: {definitions.raised.what}
          </Notice>
        </div>
      )}
    </Panel>
  );
}

function withoutWeights(card: GraphCard): string {
  if (card.kind === 'input' || card.kind === 'output') return 'It is a tensor that enters or leaves the network.';
  if (card.parameters > 0) {
    return `The ${countText(card.parameters)} parameters of ${card.title} are no operand of a multiply, so they have no weight quantizer.`;
  }
  return `${card.title} only works on activations.`;
}
