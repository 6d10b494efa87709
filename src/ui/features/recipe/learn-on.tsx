/** What learning may use: what runs its steps, where there is a choice, and how much memory its activations have. */
import type { Provider } from '../../../engine/ports';
import { MOST_LEARNING_MEGABYTES } from '../../../store/learning-memory';
import { learnProvider } from '../../../store/selectors';
import { setView, useStudio } from '../../../store/store';
import { FieldRow, NumberField } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { Defined } from '../../kit/tooltip';
import { recipeDefinitions as about } from './recipe-definitions';

const items: readonly { readonly id: Provider; readonly title: string }[] = [
  { id: 'wasm', title: 'WASM' },
  { id: 'webgpu', title: 'WebGPU' },
];

export function LearnOn() {
  const providers = useStudio((s) => s.work.providers);
  const provider = useStudio(learnProvider);
  if (providers.length < 2) return null;
  return (
    <FieldRow
      label={<Defined definition={about.learnOn}>Learn on</Defined>}
      help={provider === 'wasm' ? undefined : 'Only a bundle that was learned on WASM can be made again to the byte.'}
    >
      <Segmented label="Learn on" value={provider} onChange={(learnOn) => setView({ learnOn })} items={items} />
    </FieldRow>
  );
}

export function LearnMemory() {
  const learnMemory = useStudio((s) => s.view.learnMemory);
  return (
    <FieldRow label={<Defined definition={about.learnMemory}>Learn in</Defined>}>
      <NumberField
        label="Memory for learning"
        value={learnMemory}
        min={0}
        max={MOST_LEARNING_MEGABYTES}
        unit="MB"
        onChange={(megabytes) => setView({ learnMemory: Math.round(megabytes) })}
      />
    </FieldRow>
  );
}
