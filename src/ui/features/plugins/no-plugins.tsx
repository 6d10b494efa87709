/** The plugins' place while there are none: what a plugin is in three lines, and every template as a card to begin from. */
import { FileDown, ShieldCheck, Shapes } from 'lucide-react';
import { newPlugin } from '../../../store/actions/plugins';
import { Badge } from '../../kit/feedback';
import styles from './no-plugins.module.css';
import type { Template } from './templates';
import { useTemplates } from './use-templates';

const ways = [
  { icon: FileDown, title: 'One file', text: 'TypeScript or JavaScript with both paths of your quantizer. Drop it anywhere.' },
  { icon: ShieldCheck, title: 'In a sandbox', text: 'Without network, storage or a view of the page, and with a deadline on each call.' },
  { icon: Shapes, title: 'Held to laws', text: 'Both paths must agree bit for bit. Then recipes, bundles and exports can use it.' },
] as const;

const roleNames: Readonly<Record<string, string>> = {
  weights: 'Weights',
  activations: 'Activations',
  observers: 'Ranges',
  roundings: 'Rounding',
  pruning: 'Pruning',
  profiles: 'Profile',
  exporters: 'Export',
};

export function NoPlugins() {
  const known = useTemplates();
  return (
    <section className={styles.none} aria-label="Bring your own algorithm">
      <div className={styles.inner}>
        <h3 className={styles.title}>Bring your own algorithm</h3>
        <ul className={styles.ways}>
          {ways.map(({ icon: Icon, title, text }) => (
            <li key={title}>
              <b>
                <Icon size={15} aria-hidden /> {title}
              </b>
              <span>{text}</span>
            </li>
          ))}
        </ul>
        <h4 className={styles.lead}>Begin from a template: each is complete, and holds its laws</h4>
        <ul className={styles.cards} data-testid="plugin-templates">
          {known.map((template) => (
            <li key={template.file}>
              <Card template={template} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Card({ template }: { readonly template: Template }) {
  const { file, source, title, about, paper, roles, bits } = template;
  return (
    <button type="button" className={styles.card} onClick={() => void newPlugin(file, source)} data-testid={`template-${file}`}>
      <span className={styles.cardTitle}>
        {title} {paper !== undefined && <small>{paper}</small>}
      </span>
      <span className={styles.about}>{about}</span>
      <span className={styles.tags}>
        {roles.map((role) => (
          <Badge key={role} tone="accent">
            {roleNames[role] ?? role}
          </Badge>
        ))}
        {bits !== undefined && (
          <Badge>
            {bits[0]} to {bits[1]} bit
          </Badge>
        )}
      </span>
    </button>
  );
}
