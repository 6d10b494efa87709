/** How many requests went to other hosts since the page is open: 0, or something is wrong and is said. */
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import { useStudio } from '../../../store/store';
import { Tooltip } from '../../kit/tooltip';
import styles from './shell.module.css';

export function TrafficMark() {
  const hosts = useStudio((s) => s.work.foreignHosts);
  const quiet = hosts.length === 0;
  const text = quiet
    ? 'Models, data and results stay on this machine. The page loads its own files from its own address; its policy forbids any other.'
    : `Asked for: ${[...new Set(hosts)].join(', ')}. A browser extension may have done it; the page itself never does.`;
  const Icon = quiet ? ShieldCheck : ShieldAlert;
  return (
    <Tooltip content={text} side="top">
      <button type="button" className={styles.traffic} data-quiet={quiet} data-testid="traffic">
        <Icon size={13} aria-hidden /> {hosts.length} {hosts.length === 1 ? 'request' : 'requests'} left this machine
      </button>
    </Tooltip>
  );
}
