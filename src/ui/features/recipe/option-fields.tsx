/** Fields made from options as data: an algorithm's, or those of the non-linear operators. */
import type { OptionSpec } from '../../../core/quant/quantizer';
import { FieldRow, NumberField, Select, Switch } from '../../kit/field';
import { Defined } from '../../kit/tooltip';

type Values = Readonly<Record<string, number | string | boolean>>;

export function Options({
  specs,
  values,
  onChange,
}: {
  readonly specs: readonly OptionSpec[];
  readonly values: Values;
  readonly onChange: (next: Values) => void;
}) {
  return specs.map((spec) => (
    <FieldRow key={spec.id} label={<Defined definition={{ title: spec.title, what: spec.help }}>{spec.title}</Defined>}>
      <Option spec={spec} value={values[spec.id] ?? spec.fallback} onChange={(value) => onChange({ ...values, [spec.id]: value })} />
    </FieldRow>
  ));
}

function Option({
  spec,
  value,
  onChange,
}: {
  readonly spec: OptionSpec;
  readonly value: number | string | boolean;
  readonly onChange: (value: number | string | boolean) => void;
}) {
  const { kind } = spec;
  switch (kind.type) {
    case 'number':
      return (
        <NumberField
          label={spec.title}
          value={Number(value)}
          min={kind.min}
          max={kind.max}
          step={kind.step}
          unit={kind.unit}
          // a step of whole numbers is of something that is counted: the engine takes no half of it
          onChange={(next) => onChange(kind.step % 1 === 0 ? Math.round(next) : next)}
        />
      );
    case 'choice':
      return (
        <Select
          label={spec.title}
          value={String(value)}
          onChange={onChange}
          items={kind.choices.map((c) => ({ id: c.value, title: c.title }))}
        />
      );
    case 'flag':
      return <Switch label={spec.title} checked={value === true} onChange={onChange} />;
    default:
      return kind satisfies never;
  }
}
