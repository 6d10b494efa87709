/** A scope: an open container whose header leaves the way of its edge free, or a closed block. */
import type { Node, NodeProps } from '@xyflow/react';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { memo } from 'react';
import type { LaidBlock } from '../../core/analysis/layout-types';
import { useStudio } from '../../store/store';
import { countText, countedText } from '../charts/format';
import styles from './graph.module.css';

export type BlockNodeType = Node<{ readonly block: LaidBlock; readonly onToggle: (id: string) => void }, 'block'>;

export const BlockNode = memo(function BlockNode({ id, data }: NodeProps<BlockNodeType>) {
  const { block, onToggle } = data;
  const selected = useStudio((s) => s.view.selection === id);
  const parts = [block.parameters > 0 && countText(block.parameters), block.macs > 0 && `${countText(block.macs)} MACs`].filter(Boolean);
  const stats = parts.join(' · ');
  const equal = block.times === undefined ? '' : `${countedText(block.times, 'equal block')}, `;
  const words = `${block.id}: ${equal}${countedText(block.cards, 'layer')}, ${countText(block.parameters)} parameters, ${countText(block.macs)} multiply-accumulates`;
  const Chevron = block.open ? ChevronDown : ChevronRight;
  const left = Math.max(60, block.portX - 10);
  return (
    <div
      className={`${styles.block} ${block.open ? '' : styles.closed} ${block.times === undefined || block.open ? '' : styles.stacked} ${selected ? styles.selected : ''}`}
      id={`card-${id}`}
      role="group"
      aria-roledescription="block"
      aria-label={words}
      aria-current={selected ? 'true' : undefined}
      data-depth={block.depth}
      data-testid="graph-block"
      data-scope={id}
      title={words}
    >
      <button
        type="button"
        tabIndex={-1}
        className={styles.head}
        {...(block.open ? { style: { width: left } } : {})}
        aria-expanded={block.open}
        aria-label={`${block.open ? 'Close' : 'Open'} ${block.id}`}
        onClick={(e) => {
          e.stopPropagation();
          onToggle(id);
        }}
      >
        <Chevron size={14} aria-hidden />
        {block.times !== undefined && (
          <span className={styles.times} data-testid="times">
            {block.times} ×
          </span>
        )}
        <span className={styles.blockName}>{block.title}</span>
        {!block.open && (
          <span className={styles.blockStats}>
            {countedText(block.cards, 'layer')}
            <small>{stats}</small>
          </span>
        )}
      </button>
      {block.open && (
        <span className={styles.blockStats} style={{ left: block.portX + 10, right: 0 }}>
          {stats}
        </span>
      )}
      <div className={`${styles.port} ${styles.portIn} target`} />
      <div className={`${styles.port} ${styles.portOut} source`} />
    </div>
  );
});
