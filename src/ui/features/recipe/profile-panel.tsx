/**
 * Requantization profiles side by side, on the conversion that is on screen: what each costs over the network, the layers where it
 * costs most, and a button that puts it into the recipe.
 */
import { useState } from 'react';
import type { ConversionSummary, ProfileLayer, ProfileReport, ProfileResult } from '../../../engine/api';
import type { Recipe } from '../../../core/recipe/recipe';
import { compareProfiles } from '../../../store/actions/steps';
import { selectLayer } from '../../../store/actions/view';
import { shown } from '../../../store/loadable';
import { setRecipe, useStudio } from '../../../store/store';
import { levelOf } from '../../charts/compute';
import { dbText } from '../../charts/format';
import { Button } from '../../kit/button';
import { Badge, Panel } from '../../kit/feedback';
import { Defined } from '../../kit/tooltip';
import { JobBar } from '../calibrate/job-bar';
import { definitions } from '../inspect/definitions';
import { costliest, sameArithmetic, shareText } from './profile-rows';
import { profileDefinitions as about } from './recipe-definitions';
import styles from './recipe.module.css';

interface Props {
  readonly recipe: Recipe;
  readonly converted: ConversionSummary;
}

export function ProfilePanel({ recipe, converted }: Props) {
  const profiles = useStudio((s) => s.work.profiles);
  const report = shown(profiles);
  const fresh = report?.recipeHash === converted.recipeHash ? report : undefined;
  return (
    <Panel
      title="Profiles"
      aside={fresh === undefined ? undefined : `${fresh.samples.length === 1 ? 'one sample' : `${fresh.samples.length} samples`}`}
    >
      {fresh === undefined && (
        <p className={styles.lead}>
          What other multipliers, shifts and accumulators would cost on this conversion. Nothing is calibrated again.
        </p>
      )}
      {fresh !== undefined && <ProfileTable report={fresh} recipe={recipe} />}
      {profiles.kind === 'loading' ? (
        <JobBar job="profiles" progress={profiles.progress} />
      ) : (
        <Button size="small" onClick={() => void compareProfiles()} data-testid="compare-profiles">
          {fresh === undefined ? 'Compare profiles' : 'Compare again'}
        </Button>
      )}
    </Panel>
  );
}

function ProfileTable({ report, recipe }: { readonly report: ProfileReport; readonly recipe: Recipe }) {
  const [open, setOpen] = useState<string>();
  return (
    <table className={`${styles.costs} ${styles.profiles}`} data-testid="profiles">
      <thead>
        <tr>
          <th scope="col">Profile</th>
          <th scope="col">
            <Defined definition={about.logits}>dB</Defined>
          </th>
          <th scope="col">
            <Defined definition={about.offByOne}>1 LSB %</Defined>
          </th>
          <th scope="col">
            <Defined definition={about.offByMore}>More %</Defined>
          </th>
          <th scope="col">
            <span className="visually-hidden">Use</span>
          </th>
        </tr>
      </thead>
      {report.profiles.map((profile) => (
        <Rows
          key={profile.id}
          profile={profile}
          inUse={sameArithmetic(profile.arithmetic, recipe.arithmetic)}
          isOpen={open === profile.id}
          onToggle={() => setOpen(open === profile.id ? undefined : profile.id)}
          onUse={() => setRecipe({ ...recipe, arithmetic: profile.arithmetic })}
        />
      ))}
    </table>
  );
}

interface RowsProps {
  readonly profile: ProfileResult;
  readonly inUse: boolean;
  readonly isOpen: boolean;
  onToggle(): void;
  onUse(): void;
}

function Rows({ profile, inUse, isOpen, onToggle, onUse }: RowsProps) {
  const { id, title, cost, problem } = profile;
  const layers = cost === undefined ? [] : costliest(cost.layers);
  return (
    <tbody data-testid={`profile-${id}`}>
      <tr>
        <th scope="row">
          <button type="button" onClick={onToggle} aria-expanded={isOpen} disabled={cost === undefined}>
            {title}
          </button>
        </th>
        {cost === undefined ? (
          <td colSpan={3} className={styles.problem} title={problem}>
            does not fit
          </td>
        ) : (
          <>
            <td className={styles[levelOf(cost.logitsSqnrDb, definitions.logitsSqnrDb.thresholds)]}>{dbText(cost.logitsSqnrDb)}</td>
            <td>{shareText(cost.offByOneShare)}</td>
            <td title={`At most ${cost.maxLsb} LSB; ${cost.overflows} sums did not fit the accumulator`}>
              {shareText(cost.offByMoreShare)}
            </td>
          </>
        )}
        <td>
          {inUse ? (
            <Badge tone="good">in use</Badge>
          ) : (
            <Button size="small" look="ghost" onClick={onUse} aria-label={`Use ${title}`} disabled={cost === undefined}>
              Use
            </Button>
          )}
        </td>
      </tr>
      {isOpen && layers.length === 0 && (
        <tr>
          <td colSpan={5} className={styles.problem}>
            No layer differs from the float scales.
          </td>
        </tr>
      )}
      {isOpen && layers.map((layer) => <LayerRow key={layer.id} layer={layer} />)}
    </tbody>
  );
}

function LayerRow({ layer }: { readonly layer: ProfileLayer }) {
  const { id, changeDb, offByOneShare, offByMoreShare, overflows, maxLsb, lawLsb } = layer;
  const law = lawLsb === undefined ? 'no bound is proved' : `at most ${lawLsb} LSB by its multipliers`;
  return (
    <tr className={styles.layerRow} title={`${maxLsb ?? 'unknown'} LSB seen, ${law}; ${overflows} sums did not fit`}>
      <th scope="row">
        <button type="button" onClick={() => void selectLayer(id)}>
          <bdi>{id}</bdi>
        </button>
      </th>
      <td>{changeDb === undefined ? '–' : `${changeDb > 0 ? '+' : changeDb < 0 ? '−' : ''}${Math.abs(changeDb).toFixed(1)}`}</td>
      <td>{shareText(offByOneShare)}</td>
      <td>{shareText(offByMoreShare)}</td>
      <td>{overflows > 0 ? <small>{overflows} over</small> : null}</td>
    </tr>
  );
}
