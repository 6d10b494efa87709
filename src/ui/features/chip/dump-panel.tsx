/** A simulator's dump beside the tensor: where it differs first, by how much, how often; the grid below goes to the next. */
import { ChevronLeft, ChevronRight, FileDiff, X } from 'lucide-react';
import { useRef } from 'react';
import type { DumpResult } from '../../../engine/chip-api';
import { compareDumps, dropDump } from '../../../store/actions/chip';
import { wholeText } from '../../charts/format';
import { Button, IconButton } from '../../kit/button';
import { Badge } from '../../kit/feedback';
import { fromFileList } from '../open/picker';
import styles from './chip.module.css';

/** The place where a dump of this tensor is dropped or picked. */
export function DumpPicker({ layer, role }: { readonly layer: string; readonly role: string }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className={styles.take} onClick={() => input.current?.click()} data-testid="pick-dump">
        <FileDiff size={13} aria-hidden style={{ verticalAlign: -2, marginRight: 6 }} />
        Compare a simulator's dump: drop or choose .mem, .npy or .txt
      </button>
      <input
        ref={input}
        type="file"
        hidden
        data-testid="dump-input"
        onChange={(e) => {
          void compareDumps(fromFileList(e.currentTarget.files), { layer, role });
          e.currentTarget.value = '';
        }}
      />
    </>
  );
}

export function DumpPanel({ dump, onNext }: { readonly dump: DumpResult; readonly onNext: (by: 1 | -1) => void }) {
  const { first, worst, differing, elements, unknown, name, format } = dump;
  return (
    <div className={styles.dump} data-same={differing === 0} data-testid="dump-result">
      <div className={styles.dumpHead}>
        <Badge tone={differing === 0 ? 'good' : 'bad'}>{differing === 0 ? 'equal' : `${wholeText(differing)} differ`}</Badge>
        <b title={name}>{name}</b>
        <span className={styles.faint}>{format}</span>
        <IconButton label="Remove the dump" size="small" onClick={() => void dropDump(dump.id)}>
          <X size={13} aria-hidden />
        </IconButton>
      </div>
      {first === undefined ? (
        <div className={styles.dumpText}>All {wholeText(elements)} elements are as expected.</div>
      ) : (
        <>
          <div className={styles.dumpText}>
            First at <code>[{first.index.join(', ')}]</code> (position {wholeText(first.position)}): expected <code>{first.expected}</code>,
            got <code className={styles.bad}>{first.got}</code>. {unknown > 0 && `${wholeText(unknown)} of them unknown. `}
            {worst !== undefined && worst.position !== first.position && (
              <>
                Farthest off by <code>{worst.difference}</code> at <code>[{worst.index.join(', ')}]</code>.
              </>
            )}
          </div>
          {dump.histogram.length > 0 && <Bins dump={dump} />}
          <div className={styles.dumpFoot}>
            <Button size="small" icon={<ChevronLeft size={13} aria-hidden />} onClick={() => onNext(-1)} data-testid="previous-mismatch">
              Previous
            </Button>
            <Button size="small" icon={<ChevronRight size={13} aria-hidden />} onClick={() => onNext(1)} data-testid="next-mismatch">
              Next
            </Button>
            <span className={styles.faint}>of {wholeText(differing)}</span>
          </div>
        </>
      )}
    </div>
  );
}

const width = 320;
const height = 46;

/** got − expected; 0 has a line where it lies inside. */
function Bins({ dump }: { readonly dump: DumpResult }) {
  const bins = dump.histogram;
  const most = Math.max(...bins.map((b) => b.count));
  const step = width / bins.length;
  const [lo, hi] = [bins[0]?.from ?? 0, bins.at(-1)?.to ?? 0];
  return (
    <svg
      className={styles.bins}
      viewBox={`0 0 ${width} ${height + 14}`}
      role="img"
      aria-label={`Differences from ${lo} to ${hi}, at most ${most} alike`}
    >
      {bins.map((b, i) => (
        <rect
          key={b.from}
          x={i * step + 0.5}
          width={Math.max(1, step - 1)}
          y={height - (height * b.count) / most}
          height={(height * b.count) / most}
        >
          <title>{`${b.from === b.to ? b.from : `${b.from} to ${b.to}`}: ${b.count}`}</title>
        </rect>
      ))}
      <text x={0} y={height + 11}>
        {wholeText(lo)}
      </text>
      <text x={width / 2} y={height + 11} textAnchor="middle">
        got − expected
      </text>
      <text x={width} y={height + 11} textAnchor="end">
        {wholeText(hi)}
      </text>
    </svg>
  );
}
