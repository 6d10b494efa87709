/** The requantization profile: rounding of shifts, style and width of multipliers, shifts, accumulators; and the seed. */
import type { MultiplierStyle, Rounding } from '../../../core/ir/integer-model';
import type { Recipe } from '../../../core/recipe/recipe';
import { setRecipe } from '../../../store/store';
import { Panel } from '../../kit/feedback';
import { FieldRow, NumberField, Select, Switch } from '../../kit/field';
import { Defined } from '../../kit/tooltip';
import { recipeDefinitions as about } from './recipe-definitions';

const roundings: readonly { readonly id: Rounding; readonly title: string }[] = [
  { id: 'half-up', title: 'Half up' },
  { id: 'half-even', title: 'Half to even' },
  { id: 'half-away', title: 'Half away from zero' },
  { id: 'floor', title: 'Down' },
];
const styles: readonly { readonly id: MultiplierStyle['kind']; readonly title: string }[] = [
  { id: 'normalized', title: 'Normalized' },
  { id: 'qformat', title: 'Q-format' },
  { id: 'pow2', title: 'Power of two' },
  { id: 'tflite', title: 'TFLite (gemmlowp)' },
];
const shifts = [
  { id: 'channel', title: 'Per channel' },
  { id: 'layer', title: 'One per layer' },
] as const;
const overflows = [
  { id: 'proved', title: 'Proved to fit 32 bits' },
  { id: 'wrap', title: 'Wraps' },
  { id: 'saturate', title: 'Saturates' },
] as const;

const first: Readonly<Record<MultiplierStyle['kind'], MultiplierStyle>> = {
  normalized: { kind: 'normalized', bits: undefined },
  qformat: { kind: 'qformat', swl: 32, sfl: 26 },
  pow2: { kind: 'pow2' },
  tflite: { kind: 'tflite' },
};
/** As the recipe's own defaults: half up has a bias with shifts by one, gemmlowp's last shift rounds halves away. */
const usualRounding = (kind: MultiplierStyle['kind']): Rounding =>
  kind === 'pow2' ? 'half-even' : kind === 'tflite' ? 'half-away' : 'half-up';

type Arithmetic = Recipe['arithmetic'];

const withShift = ({ shift: _, ...rest }: Arithmetic, shift: 'channel' | 'layer'): Arithmetic =>
  shift === 'layer' ? { ...rest, shift } : rest;

const withOverflow = ({ accumulator, ...rest }: Arithmetic, overflow: (typeof overflows)[number]['id']): Arithmetic =>
  overflow === 'proved' ? rest : { ...rest, accumulator: { bits: accumulator?.bits ?? 24, overflow } };

/** Another style; a rounding that the user chose stays, a shift per layer goes where nothing could tell channels apart. */
function withStyle(before: Arithmetic, kind: MultiplierStyle['kind']): Arithmetic {
  const usual = before.rounding === usualRounding(before.multiplier.kind);
  const after = { ...before, multiplier: first[kind], ...(usual ? { rounding: usualRounding(kind) } : {}) };
  return kind === 'pow2' ? withShift(after, 'channel') : after;
}

export function ArithmeticFields({ recipe }: { readonly recipe: Recipe }) {
  const { rounding, multiplier, shift = 'channel', accumulator } = recipe.arithmetic;
  const replace = (arithmetic: Arithmetic) => setRecipe({ ...recipe, arithmetic });
  const set = (patch: Partial<Arithmetic>) => replace({ ...recipe.arithmetic, ...patch });
  return (
    <Panel title="Arithmetic">
      <FieldRow label={<Defined definition={about.multiplier}>Multiplier</Defined>}>
        <Select
          label="Multiplier style"
          value={multiplier.kind}
          onChange={(kind) => replace(withStyle(recipe.arithmetic, kind))}
          items={styles}
        />
      </FieldRow>
      {multiplier.kind === 'normalized' && (
        <FieldRow label={<Defined definition={about.multiplierBits}>Automatic width</Defined>}>
          <Switch
            label="Automatic multiplier width"
            checked={multiplier.bits === undefined}
            onChange={(auto) => set({ multiplier: { kind: 'normalized', bits: auto ? undefined : 16 } })}
          />
        </FieldRow>
      )}
      {multiplier.kind === 'normalized' && multiplier.bits !== undefined && (
        <FieldRow label="Multiplier bits">
          <NumberField
            label="Multiplier bits"
            stepper
            value={multiplier.bits}
            min={8}
            max={31}
            unit="bit"
            onChange={(bits) => set({ multiplier: { kind: 'normalized', bits } })}
          />
        </FieldRow>
      )}
      {multiplier.kind === 'qformat' && (
        <>
          <FieldRow label={<Defined definition={about.wordLength}>Word length</Defined>}>
            <NumberField
              label="Word length"
              stepper
              value={multiplier.swl}
              min={8}
              max={32}
              unit="bit"
              onChange={(swl) => set({ multiplier: { ...multiplier, swl } })}
            />
          </FieldRow>
          <FieldRow label={<Defined definition={about.fractionLength}>Fraction length</Defined>}>
            <NumberField
              label="Fraction length"
              stepper
              value={multiplier.sfl}
              min={0}
              max={62}
              unit="bit"
              onChange={(sfl) => set({ multiplier: { ...multiplier, sfl } })}
            />
          </FieldRow>
        </>
      )}
      <FieldRow label={<Defined definition={about.rounding}>Rounding</Defined>}>
        <Select label="Rounding" value={rounding} onChange={(next) => set({ rounding: next })} items={roundings} />
      </FieldRow>
      {multiplier.kind !== 'pow2' && (
        <FieldRow label={<Defined definition={about.shift}>Shift</Defined>}>
          <Select label="Shift" value={shift} onChange={(next) => replace(withShift(recipe.arithmetic, next))} items={shifts} />
        </FieldRow>
      )}
      <FieldRow label={<Defined definition={about.accumulator}>Accumulator</Defined>}>
        <Select
          label="Accumulator"
          value={accumulator?.overflow ?? 'proved'}
          onChange={(next) => replace(withOverflow(recipe.arithmetic, next))}
          items={overflows}
        />
      </FieldRow>
      {accumulator !== undefined && (
        <FieldRow label="Accumulator bits">
          <NumberField
            label="Accumulator bits"
            stepper
            value={accumulator.bits}
            min={8}
            max={32}
            unit="bit"
            onChange={(bits) => set({ accumulator: { ...accumulator, bits } })}
          />
        </FieldRow>
      )}
      <FieldRow label={<Defined definition={about.seed}>Seed</Defined>}>
        <NumberField label="Seed" value={recipe.seed} min={0} max={4294967295} onChange={(seed) => setRecipe({ ...recipe, seed })} />
      </FieldRow>
    </Panel>
  );
}
