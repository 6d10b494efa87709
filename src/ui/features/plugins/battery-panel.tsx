/** What the battery found, law by law, each broken one with the smallest tensor that breaks it. */
import { CircleAlert, CircleCheck, CircleDashed, ShieldCheck } from 'lucide-react';
import type { Counterexample, EntryReport, LawReport } from '../../../core/plugin/battery';
import { reportFor, verdictText } from '../../../store/plugins';
import type { PluginFile } from '../../../store/plugins-slice';
import { useStudio } from '../../../store/store';
import { wholeText } from '../../charts/format';
import { Badge, EmptyState, Notice, Panel } from '../../kit/feedback';
import styles from './battery.module.css';

export function BatteryPanel({ file }: { readonly file: PluginFile }) {
  const report = useStudio((s) => reportFor(s.plugins, file));
  if (report === undefined) {
    return (
      <EmptyState icon={<ShieldCheck size={26} strokeWidth={1.5} aria-hidden />} title="Not checked yet">
        <p className={styles.hint}>Save and check: each quantizer is tried on random and adversarial tensors before it is offered.</p>
      </EmptyState>
    );
  }
  return (
    <div className={styles.panel} role="region" aria-label="Laws" tabIndex={0} data-testid="battery" data-ok={report.ok}>
      <div className={styles.verdict}>
        {report.ok ? (
          <Notice tone="good" title={verdictText(report)}>
            {report.about === '' ? 'Its entries are in the lists of the recipe.' : report.about}
          </Notice>
        ) : (
          <Notice tone="bad" title={report.error === undefined ? verdictText(report) : 'It does not run'}>
            {report.error ?? 'It can be looked at here. It is not offered, and no bundle is made with it.'}
          </Notice>
        )}
      </div>
      {report.entries.map((entry) => (
        <Entry key={`${entry.target} ${entry.id}`} entry={entry} />
      ))}
    </div>
  );
}

function Entry({ entry }: { readonly entry: EntryReport }) {
  // without an answer there is nothing that could keep or break another law
  const isMute = entry.laws.some((l) => l.law === 'answers' && l.cases > 0 && l.broken === l.cases);
  return (
    <Panel title={entry.title} aside={<Badge>{entry.target}</Badge>}>
      <ul className={styles.laws}>
        {entry.laws.map((law) => (
          <Law key={law.law} law={law} asked={law.law === 'answers' || !isMute} />
        ))}
      </ul>
    </Panel>
  );
}

function Law({ law, asked }: { readonly law: LawReport; readonly asked: boolean }) {
  return (
    <li className={styles.law} data-testid={`law-${law.law}`} data-ok={asked ? law.ok : undefined}>
      {!asked && law.ok ? (
        <CircleDashed size={14} className={styles.open} aria-label="not known" />
      ) : law.ok ? (
        <CircleCheck size={14} className={styles.ok} aria-label="holds" />
      ) : (
        <CircleAlert size={14} className={styles.fails} aria-label="is broken" />
      )}
      <span className={styles.title}>{law.title}</span>
      <span className={styles.count}>
        {!asked && law.ok ? 'not known' : law.ok ? `${wholeText(law.cases)} cases` : `${wholeText(law.broken)} of ${wholeText(law.cases)}`}
      </span>
      {law.counterexample !== undefined && <Example of={law.counterexample} />}
    </li>
  );
}

const listed = (values: readonly number[]): string => `${values.slice(0, 8).map(String).join(', ')}${values.length > 8 ? ', …' : ''}`;

function Example({ of: e }: { readonly of: Counterexample }) {
  const options = Object.entries(e.options);
  return (
    <div className={styles.example}>
      <p>{e.text}</p>
      <dl>
        {e.values.length > 0 && (
          <>
            <dt>Tensor</dt>
            <dd>
              [{e.shape.join(' × ')}] {listed(e.values)}
            </dd>
          </>
        )}
        {e.fitted !== undefined && (
          <>
            <dt>Fitted to</dt>
            <dd>{listed(e.fitted)}</dd>
          </>
        )}
        <dt>Scheme</dt>
        <dd>
          {e.bits} bit{e.symmetric ? ', symmetric' : ''}
        </dd>
        {options.length > 0 && (
          <>
            <dt>Options</dt>
            <dd>{options.map(([k, v]) => `${k} ${String(v)}`).join(', ')}</dd>
          </>
        )}
        <dt>From</dt>
        <dd>{e.tensor}</dd>
      </dl>
    </div>
  );
}
