/** How images become inputs: guessed from the model, shown, and editable. Nothing happens until Apply. */
import { useState } from 'react';
import type { DatasetInfo, Preprocessing } from '../../../core/calibrate/types';
import { setPreprocessing } from '../../../store/actions/data';
import type { DatasetRole } from '../../../store/state';
import { Button } from '../../kit/button';
import { Panel } from '../../kit/feedback';
import { FieldRow, NumberField, Select, TextField } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { numbersText, parseNumbers } from './parse-numbers';
import styles from './calibrate.module.css';

interface Draft {
  readonly resize: number | undefined;
  readonly scale: number;
  readonly mean: string;
  readonly std: string;
  readonly layout: Preprocessing['layout'];
  readonly channels: Preprocessing['channels'];
}

const draftOf = (p: Preprocessing): Draft => ({
  resize: p.resize,
  scale: p.scale,
  mean: numbersText(p.mean),
  std: numbersText(p.std),
  layout: p.layout,
  channels: p.channels,
});

const presets = [
  { id: 'unit', title: '0 to 1', mean: '0', std: '1' },
  { id: 'centred', title: '−1 to 1', mean: '0.5', std: '0.5' },
  { id: 'imagenet', title: 'ImageNet', mean: '0.485, 0.456, 0.406', std: '0.229, 0.224, 0.225' },
  { id: 'own', title: 'Own values', mean: undefined, std: undefined },
] as const;

interface Props {
  readonly role: DatasetRole;
  readonly info: DatasetInfo;
  readonly applied: Preprocessing;
}

export function PreprocessingForm({ role, info, applied }: Props) {
  const [draft, setDraft] = useState(() => draftOf(applied));
  const n = applied.mean.length;
  const mean = parseNumbers(draft.mean, n);
  const std = parseNumbers(draft.std, n);
  const set = (patch: Partial<Draft>) => setDraft((old) => ({ ...old, ...patch }));
  const changed =
    JSON.stringify({ ...draft, mean: String(mean), std: String(std) }) !==
    JSON.stringify({
      ...draftOf(applied),
      mean: String(parseNumbers(numbersText(applied.mean), n)),
      std: String(parseNumbers(numbersText(applied.std), n)),
    });
  const broken = typeof mean === 'string' || typeof std === 'string' || !(draft.scale > 0) || std.some((s) => !(s > 0));
  const [height, width] = applied.size;
  const preset = presets.find((p) => p.mean === draft.mean && p.std === draft.std) ?? presets[3];
  const apply = () => {
    if (broken) return;
    const full = (values: readonly number[]) => (values.length === n ? values : new Array<number>(n).fill(values[0] as number));
    void setPreprocessing(role, {
      ...applied,
      resize: draft.resize,
      scale: draft.scale,
      mean: full(mean),
      std: full(std),
      layout: draft.layout,
      channels: draft.channels,
    });
  };
  return (
    <Panel title="Preprocessing" aside={changed ? 'not applied yet' : `${height} × ${width} × ${n}`}>
      <p className={styles.formula}>x ← (x ÷ scale − mean) ÷ std</p>
      {info.kind === 'images' && (
        <FieldRow
          label="Size"
          help={draft.resize === undefined ? undefined : `Shorter side to ${draft.resize}, then the middle ${height} × ${width}.`}
        >
          <Segmented
            label="How images get their size"
            value={draft.resize === undefined ? 'stretch' : 'crop'}
            onChange={(way) => set({ resize: way === 'stretch' ? undefined : Math.round((Math.max(height, width) * 256) / 224) })}
            items={[
              { id: 'stretch', title: 'Stretch' },
              { id: 'crop', title: 'Resize + crop' },
            ]}
          />
        </FieldRow>
      )}
      {info.kind === 'images' && draft.resize !== undefined && (
        <FieldRow label="Shorter side">
          <NumberField
            label="Shorter side"
            value={draft.resize}
            min={Math.max(height, width)}
            max={4096}
            unit="px"
            onChange={(resize) => set({ resize })}
          />
        </FieldRow>
      )}
      <FieldRow label="Values">
        <Select
          label="Usual values"
          value={preset.id}
          onChange={(id) => {
            const chosen = presets.find((p) => p.id === id);
            if (chosen?.mean !== undefined) set({ scale: 255, mean: chosen.mean, std: chosen.std });
          }}
          items={presets.filter((p) => p.id !== 'imagenet' || n === 3).map(({ id, title }) => ({ id, title }))}
        />
      </FieldRow>
      <FieldRow label="Scale">
        <NumberField label="Scale" value={draft.scale} min={0.000001} onChange={(scale) => set({ scale })} />
      </FieldRow>
      <FieldRow label="Mean" help={typeof mean === 'string' ? mean : undefined}>
        <TextField
          label="Mean"
          look="right"
          value={draft.mean}
          problem={typeof mean === 'string' ? mean : undefined}
          onType={(text) => set({ mean: text })}
          onCommit={(text) => set({ mean: text })}
        />
      </FieldRow>
      <FieldRow label="Std" help={typeof std === 'string' ? std : std.some((s) => !(s > 0)) ? 'Above zero' : undefined}>
        <TextField
          label="Standard deviation"
          look="right"
          value={draft.std}
          problem={typeof std === 'string' ? std : undefined}
          onType={(text) => set({ std: text })}
          onCommit={(text) => set({ std: text })}
        />
      </FieldRow>
      <FieldRow label="Layout">
        <Segmented
          label="Layout"
          value={draft.layout}
          onChange={(layout) => set({ layout })}
          items={[
            { id: 'NCHW', title: 'NCHW' },
            { id: 'NHWC', title: 'NHWC' },
          ]}
        />
      </FieldRow>
      <FieldRow label="Channels">
        {n === 1 ? (
          <span className={styles.fixed}>gray</span>
        ) : (
          <Segmented
            label="Channel order"
            value={draft.channels}
            onChange={(channels) => set({ channels })}
            items={[
              { id: 'rgb', title: 'RGB' },
              { id: 'bgr', title: 'BGR' },
            ]}
          />
        )}
      </FieldRow>
      <div className={styles.applyRow}>
        <span>{changed ? '' : 'Check that this is what the network was trained with.'}</span>
        {changed && (
          <>
            <Button size="small" look="ghost" onClick={() => setDraft(draftOf(applied))}>
              Undo
            </Button>
            <Button size="small" look="primary" disabled={broken} onClick={apply} data-testid={`apply-${role}`}>
              Apply
            </Button>
          </>
        )}
      </div>
    </Panel>
  );
}
