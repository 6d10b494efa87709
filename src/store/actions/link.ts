/**
 * The address of the page says where one is: model and layer, written without a step of history for each. And the way back:
 * a link opens the kept session of its model and goes to the layer; where the model is not kept, it waits for it.
 */
import { linkText, parseLink, type Link } from '../link';
import { cardOf, openModel } from '../selectors';
import type { State } from '../state';
import { notify, notifyError, state, useStudio } from '../store';
import { fieldsOf } from '../run-job';
import { readVisits } from '../visits';
import { openVisit } from './restore';
import { selectLayer } from './view';

/** Leads to a model that is not open yet. */
let waiting: Link | undefined;

const isOf = (link: Link, identity: string | undefined): boolean => identity?.startsWith(link.model) === true;

function linkNow(s: State): string | undefined {
  const identity = openModel(s)?.summary.identity;
  return identity === undefined ? undefined : linkText(identity, cardOf(s, s.view.selection)?.id);
}

/** The link that the page was opened with, and the kept visit that it leads to. */
export async function linkAtStart(): Promise<{ readonly link: Link | undefined; readonly visit: string | undefined }> {
  const link = parseLink(location.hash);
  return { link, visit: link && (await visitOf(link)) };
}

async function visitOf(link: Link): Promise<string | undefined> {
  return (await readVisits().catch(() => [])).find((v) => isOf(link, v.identity))?.id;
}

export async function followLink(link: Link): Promise<void> {
  try {
    if (!isOf(link, openModel(state())?.summary.identity)) {
      const visit = await visitOf(link);
      if (visit !== undefined) await openVisit(visit);
    }
  } catch (error) {
    notifyError(fieldsOf(error));
  }
  const model = openModel(state());
  if (isOf(link, model?.summary.identity)) return goTo(link);
  waiting = link;
  notify({
    tone: 'watch',
    title: 'The link leads to a model that is not kept here',
    detail: 'Open the model, and its layer is shown.',
  });
}

async function goTo({ layer }: Link): Promise<void> {
  waiting = undefined;
  if (layer === undefined) return;
  if (cardOf(state(), layer) !== undefined) await selectLayer(layer);
  else notify({ tone: 'watch', title: `The model has no layer ${layer}`, detail: undefined });
}

/** Joins the address to the state, after the start. */
export function watchLink(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    const link = linkNow(state()) ?? (waiting === undefined ? '' : location.hash);
    if (link !== location.hash) history.replaceState(history.state, '', `${location.pathname}${location.search}${link}`);
  };
  useStudio.subscribe((now, before) => {
    const model = openModel(now);
    if (model === openModel(before) && now.view.selection === before.view.selection) return;
    clearTimeout(timer);
    // a reload right after a model was closed must not find its address
    if (model === undefined) return write();
    // browsers refuse many changes at once, as when an arrow key is held
    timer = setTimeout(() => {
      if (waiting !== undefined && isOf(waiting, openModel(state())?.summary.identity)) void goTo(waiting);
      else write();
    }, 150);
  });
  window.addEventListener('hashchange', () => {
    const link = parseLink(location.hash);
    if (link !== undefined) void followLink(link);
  });
  write();
}

export async function copyLink(): Promise<void> {
  const link = linkNow(state());
  if (link === undefined) return;
  const { origin, pathname, search } = location;
  await navigator.clipboard.writeText(`${origin}${pathname}${search}${link}`).then(
    () =>
      notify({ tone: 'good', title: 'The link is copied', detail: 'It opens this layer where the model is kept, or once it is opened.' }),
    () => notify({ tone: 'watch', title: 'The browser did not allow copying', detail: 'The address of the page is the link.' }),
  );
}
