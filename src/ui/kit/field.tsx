/** Form fields of panels: a labelled row, Select, NumberField, Switch. Each takes its accessible name as `label`. */
import { NumberField as BaseNumber } from '@base-ui/react/number-field';
import { Select as BaseSelect } from '@base-ui/react/select';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import { Check, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './field.module.css';

/** A label on the left, its control on the right. */
export function FieldRow({ label, children }: { readonly label: ReactNode; readonly children: ReactNode }) {
  return (
    <div className={styles.row}>
      <span className={styles.label}>{label}</span>
      {children}
    </div>
  );
}

interface SelectProps<Id extends string> {
  readonly label: string;
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  readonly items: readonly { readonly id: Id; readonly title: string }[];
  readonly disabled?: boolean;
}

export function Select<Id extends string>({ label, value, onChange, items, disabled }: SelectProps<Id>) {
  const shown = items.map((i) => ({ value: i.id, label: i.title }));
  return (
    <BaseSelect.Root items={shown} value={value} disabled={disabled} onValueChange={(next) => next !== null && onChange(next)}>
      <BaseSelect.Trigger className={styles.trigger} aria-label={label}>
        <BaseSelect.Value />
        <BaseSelect.Icon>
          <ChevronsUpDown size={12} aria-hidden />
        </BaseSelect.Icon>
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner sideOffset={4} alignItemWithTrigger={false}>
          <BaseSelect.Popup className={styles.popup}>
            {items.map((item) => (
              <BaseSelect.Item key={item.id} value={item.id} className={styles.item}>
                <BaseSelect.ItemIndicator className={styles.indicator}>
                  <Check size={13} aria-hidden />
                </BaseSelect.ItemIndicator>
                <BaseSelect.ItemText>{item.title}</BaseSelect.ItemText>
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly onChange: (value: number) => void;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly unit?: string | undefined;
  readonly disabled?: boolean;
}

/** Commits when the field is left or Enter is pressed; values outside min..max are clamped. */
export function NumberField({ label, value, onChange, unit, step = 1, ...rest }: NumberProps) {
  return (
    <BaseNumber.Root
      value={value ?? null}
      step={step}
      format={{ useGrouping: false, maximumFractionDigits: 6 }}
      onValueCommitted={(next) => next !== null && onChange(next)}
      {...rest}
    >
      <BaseNumber.Group className={styles.number}>
        <BaseNumber.Input aria-label={label} />
        {unit !== undefined && <span className={styles.unit}>{unit}</span>}
      </BaseNumber.Group>
    </BaseNumber.Root>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}

export function Switch({ label, checked, onChange, disabled }: SwitchProps) {
  return (
    <BaseSwitch.Root className={styles.switch} aria-label={label} checked={checked} disabled={disabled} onCheckedChange={(next) => onChange(next)}>
      <BaseSwitch.Thumb className={styles.thumb} />
    </BaseSwitch.Root>
  );
}
