/** In the recipe: what it costs, and from a sweep what it is expected to do to the logits, before anything is converted. */
import { showMiddle } from '../../../store/actions/chip';
import { shown } from '../../../store/loadable';
import { isCalibrated } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { levelOf } from '../../charts/compute';
import { countedText, dbText } from '../../charts/format';
import { Button } from '../../kit/button';
import { Panel } from '../../kit/feedback';
import { Row, RowList } from '../../kit/stat';
import { definitions } from '../inspect/definitions';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';
import { bitsDefinitions as about } from './bits-definitions';
import styles from './bits.module.css';
import { bopsText, klBorders, lossText, savedText } from './loss';
import { useEstimate } from './use-estimate';

export function EstimatePanel() {
  const { value } = useEstimate();
  const calibrated = useStudio(isCalibrated);
  const swept = useStudio((s) => shown(s.work.sweep) !== undefined);
  if (value === undefined || value.layers.length === 0) return null;
  return (
    <Panel title="Expected" aside={value.logits === undefined ? 'costs only' : 'estimated, not measured'}>
      <div data-testid="estimate">
        <RowList>
          <Row
            label="Weights"
            value={memorySizeText(value.bytes)}
            unit={savedText(value.bytes, value.reference.bytes)}
            definition={about.bytes}
          />
          <Row
            label="Bit operations"
            value={bopsText(value.bops)}
            unit={savedText(value.bops, value.reference.bops)}
            definition={about.bops}
          />
          {value.logits !== undefined && (
            <>
              <Row
                label="Logits SQNR"
                value={dbText(value.logits.sqnrDb)}
                unit="dB"
                level={levelOf(value.logits.sqnrDb, definitions.logitsSqnrDb.thresholds)}
                definition={about.sqnr}
              />
              <Row
                label="Logits KL"
                value={lossText('kl', value.logits.kl)}
                unit="nats"
                level={levelOf(value.logits.kl, klBorders)}
                definition={about.kl}
              />
            </>
          )}
        </RowList>
        <p className={styles.note}>{noteOf(value, swept)}</p>
      </div>
      {calibrated && (
        <Button size="small" onClick={() => void showMiddle('bits')} data-testid="open-bits">
          {swept ? 'Mixed precision' : 'Measure sensitivity'}
        </Button>
      )}
    </Panel>
  );
}

/** What the estimate rests on, and what it does not see. */
export function noteOf(
  value: {
    readonly logits: unknown;
    readonly measured: number;
    readonly scaled: number;
    readonly unknown: readonly string[];
    readonly unseen: readonly string[];
  },
  swept: boolean,
): string {
  if (!swept) return 'A sweep of the layers gives an estimate of the logits.';
  if (value.logits === undefined) {
    const [first] = value.unknown;
    return `No estimate: the sweep says nothing about these bits of ${first ?? 'a layer'}${value.unknown.length > 1 ? ` and ${value.unknown.length - 1} more` : ''}.`;
  }
  const from = `${countedText(value.measured, 'layer')} as measured${value.scaled > 0 ? `, ${value.scaled} scaled` : ''}.`;
  return value.unseen.length === 0 ? from : `${from} Not in it: ${value.unseen.join(', ')}.`;
}
