/** The command palette: every command that can run now, the samples, and every layer by name, operator or kernel. */
import { Command } from 'cmdk';
import { CornerDownLeft, FileBox, Search } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { shortcutText, titleNow, type Action } from '../../../store/actions/action';
import { openSample } from '../../../store/actions/open';
import { selectLayer, showPalette } from '../../../store/actions/view';
import { shown } from '../../../store/loadable';
import { openModel, reportOf } from '../../../store/selectors';
import { setView, state, useStudio } from '../../../store/store';
import { OpIcon, opColour } from '../../graph/op-icon';
import { Dialog } from '../../kit/dialog';
import { Kbd } from '../../kit/feedback';
import { layerQuery } from '../graph/layer-query';
import { actionIcon } from './action-icon';
import { findActions } from './find-actions';
import styles from './palette.module.css';

/** More rows than anybody reads: the query narrows them. */
const mostLayers = 60;

const close = () => showPalette(false);

/** Closes first: what runs may move the focus. */
function run(work: () => void | Promise<void>): () => void {
  return () => {
    close();
    void work();
  };
}

const groupsOf = (commands: readonly Action[]) => [...new Set(commands.map((a) => a.group))];

export function Palette() {
  const query = useStudio((s) => s.view.paletteQuery);
  const runs = useStudio((s) => s.view.paletteRuns);
  const box = useRef<HTMLDivElement>(null);
  const model = useStudio(openModel);
  const samples = useStudio((s) => shown(s.work.samples)) ?? [];
  const words = query.trim().toLowerCase();
  // Commands are judged once, as things stand when the palette opens.
  const [now] = useState(state);
  const commands = useMemo(() => findActions(now, words), [now, words]);
  const found = useMemo(() => layerQuery(words), [words]);
  const layers = useMemo(
    () => (model === undefined ? [] : model.graph.cards.filter((c) => found(c, reportOf(now, c.id)))),
    [model, found, now],
  );
  const gallery = samples.filter((s) => `open sample ${s.title} ${s.family}`.toLowerCase().includes(words));
  // Enter was pressed before there was a list: its first entry is what it would have run.
  useEffect(() => {
    if (!runs) return;
    const frame = requestAnimationFrame(() => box.current?.querySelector<HTMLElement>('[cmdk-item]')?.click());
    return () => cancelAnimationFrame(frame);
  }, [runs]);
  // What comes next stands first.
  const groups = model === undefined ? groupsOf(commands) : ['Steps' as const, ...groupsOf(commands).filter((g) => g !== 'Steps')];
  return (
    <Dialog open bare onClose={close} title="Search commands and layers">
      <Command ref={box} shouldFilter={false} loop className={styles.palette} label="Search commands and layers" data-testid="palette">
        <div className={styles.field}>
          <Search size={16} aria-hidden />
          <Command.Input
            className={styles.input}
            autoFocus
            placeholder="Run a command or go to a layer…"
            value={query}
            onValueChange={(typed) => setView({ paletteQuery: typed })}
          />
        </div>
        <Command.List className={styles.list}>
          <Command.Empty className={styles.empty}>Nothing matches “{query}”.</Command.Empty>
          {groups
            .filter((group) => commands.some((a) => a.group === group))
            .map((group) => (
              <Command.Group key={group} heading={group} className={styles.group}>
                {commands
                  .filter((a) => a.group === group)
                  .map((action) => {
                    const Icon = actionIcon(action);
                    return (
                      <Command.Item
                        key={action.id}
                        value={`action:${action.id}`}
                        className={styles.item}
                        onSelect={run(action.run)}
                        data-testid={`palette-${action.id}`}
                      >
                        <Icon size={16} aria-hidden />
                        <span className={styles.title}>{titleNow(action, now)}</span>
                        {action.shortcut !== undefined && <Kbd>{shortcutText(action.shortcut)}</Kbd>}
                      </Command.Item>
                    );
                  })}
              </Command.Group>
            ))}
          {gallery.length > 0 && (
            <Command.Group heading="Samples" className={styles.group}>
              {gallery.map((sample) => (
                <Command.Item
                  key={sample.id}
                  value={`sample:${sample.id}`}
                  className={styles.item}
                  onSelect={run(() => openSample(sample))}
                >
                  <FileBox size={16} aria-hidden />
                  <span className={styles.title}>Open {sample.title}</span>
                  <span className={styles.aside}>{sample.family}</span>
                </Command.Item>
              ))}
            </Command.Group>
          )}
          {layers.length > 0 && (
            <Command.Group
              heading={layers.length > mostLayers ? `Layers, ${mostLayers} of ${layers.length}` : 'Layers'}
              className={styles.group}
            >
              {layers.slice(0, mostLayers).map((card) => (
                <Command.Item key={card.id} value={`layer:${card.id}`} className={styles.item} onSelect={run(() => selectLayer(card.id))}>
                  <span className={styles.op} style={{ '--tint': opColour(card.kind) }}>
                    <OpIcon kind={card.kind} size={13} />
                  </span>
                  <span className={styles.title}>{card.title}</span>
                  <span className={styles.path} title={card.id}>
                    {card.id}
                  </span>
                </Command.Item>
              ))}
            </Command.Group>
          )}
        </Command.List>
        <div className={styles.foot} aria-hidden>
          <span>
            <Kbd>↑</Kbd> <Kbd>↓</Kbd> choose
          </span>
          <span>
            <Kbd>
              <CornerDownLeft size={10} />
            </Kbd>{' '}
            run
          </span>
          <span>
            <Kbd>Esc</Kbd> close
          </span>
        </div>
      </Command>
    </Dialog>
  );
}
