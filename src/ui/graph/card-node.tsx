/** One card of the graph: icon by operator class, name, tags, shapes, sparkline of the channels, one number. */
import type { Node, NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { colourNow, cardOf, chosenNow, islandOf } from '../../store/selectors';
import { mismatchesOf } from '../../store/chip';
import { useStudio } from '../../store/store';
import { Sparkline } from '../charts/sparkline';
import { useLook } from './card-metric';
import styles from './graph.module.css';
import { OpIcon } from './op-icon';

export type CardNodeType = Node<{ readonly portals: readonly string[] }, 'card'>;

const shapeText = (shape: readonly number[]): string => (shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape).join('×');

export const CardNode = memo(function CardNode({ id, data }: NodeProps<CardNodeType>) {
  const card = useStudio((s) => cardOf(s, id));
  const colourBy = useStudio(colourNow);
  const selected = useStudio((s) => s.view.selection === id);
  const chosen = useStudio((s) => chosenNow(s).includes(id));
  const island = useStudio((s) => islandOf(s, card));
  const look = useLook(card);
  const mismatches = useStudio((s) => mismatchesOf(s, id));
  if (card === undefined) return null;
  const large = card.kind === 'conv' || card.kind === 'linear' || card.kind === 'norm';
  const channels = card.inputShapes[0]?.[1];
  const shape = shapeText(card.outputShape);
  const line = large && channels !== undefined && card.outputShape.length === 4 ? `${channels} → ${shape}` : shape;
  const names = [
    styles.card,
    !large && styles.small,
    card.kind === 'elementwise' && styles.pill,
    (selected || chosen) && styles.selected,
    island !== undefined && styles.island,
    colourBy !== 'operator' && look.tint !== 'var(--op-plain)' && styles.overlaid,
  ];
  return (
    <div
      id={`card-${id}`}
      className={names.filter(Boolean).join(' ')}
      style={{ '--tint': look.tint }}
      data-testid="graph-card"
      data-layer={id}
      data-chosen={chosen ? '' : undefined}
      role="group"
      aria-roledescription="layer"
      aria-current={selected ? 'true' : undefined}
      aria-label={[
        card.title,
        ...card.tags,
        id,
        look.spoken,
        chosen ? 'chosen' : undefined,
        mismatches === undefined ? undefined : mismatches === 0 ? 'its dump is equal' : `${mismatches} elements of its dump differ`,
        island === undefined ? undefined : `float island: ${island}`,
      ]
        .filter(Boolean)
        .join(', ')}
      title={[
        `${[card.title, ...card.tags].join(' · ')}`,
        id,
        ...(island === undefined ? [] : [`Float island: ${island}`]),
        ...(data.portals.length > 0 ? [`also reads ${data.portals.join(', ')}`] : []),
      ].join('\n')}
    >
      <div className={styles.icon}>
        <OpIcon kind={card.kind} size={large ? 16 : 13} />
      </div>
      <div className={styles.text}>
        <div className={styles.titleRow}>
          <span className={styles.title}>{card.title}</span>
          {card.tags.map((tag) => (
            <span key={tag} className={styles.tag}>
              {tag}
            </span>
          ))}
          {mismatches !== undefined && (
            <span className={`${styles.tag} ${mismatches === 0 ? styles.same : styles.differs}`} data-testid="dump-mark">
              {mismatches === 0 ? '✓ dump' : `✗ ${mismatches}`}
            </span>
          )}
          {island !== undefined && <span className={`${styles.tag} ${styles.float}`}>float</span>}
        </div>
        {large && <div className={styles.shape}>{line}</div>}
      </div>
      {large ? (
        <div className={styles.side}>
          {card.channelRange !== undefined && (
            <div className={styles.spark}>
              <Sparkline values={card.channelRange} width={48} height={14} />
            </div>
          )}
          {look.value !== undefined && (
            <div className={styles.metric} style={{ '--level': look.valueColour }}>
              {look.value} <small>{look.unit}</small>
            </div>
          )}
        </div>
      ) : (
        card.kind !== 'elementwise' && <div className={styles.shape}>{shape}</div>
      )}
      <div className={`${styles.port} ${styles.portIn} target`} />
      <div className={`${styles.port} ${styles.portOut} source`} />
    </div>
  );
});
