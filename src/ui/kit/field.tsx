/** Form fields of panels: a labelled row, Select, NumberField, TextField, Switch. Each takes its accessible name as `label`. */
import { NumberField as BaseNumber } from '@base-ui/react/number-field';
import { Select as BaseSelect } from '@base-ui/react/select';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import { Check, ChevronsUpDown, Minus, Plus } from 'lucide-react';
import { useState, type KeyboardEvent, type ReactNode } from 'react';
import styles from './field.module.css';

/** A label on the left, its control on the right, a line of help below. */
export function FieldRow({
  label,
  help,
  children,
}: {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className={styles.row}>
      <span className={styles.label}>{label}</span>
      {children}
      {help !== undefined && <p className={styles.help}>{help}</p>}
    </div>
  );
}

interface SelectProps<Id extends string> {
  readonly label: string;
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  readonly items: readonly { readonly id: Id; readonly title: string }[];
  readonly disabled?: boolean;
  /** Fills its cell instead of taking the width of its text. */
  readonly fill?: boolean;
}

export function Select<Id extends string>({ label, value, onChange, items, disabled, fill = false }: SelectProps<Id>) {
  const shown = items.map((i) => ({ value: i.id, label: i.title }));
  return (
    <BaseSelect.Root items={shown} value={value} disabled={disabled} onValueChange={(next) => next !== null && onChange(next)}>
      <BaseSelect.Trigger className={`${styles.trigger} ${fill ? styles.fill : ''}`} aria-label={label}>
        <BaseSelect.Value className={styles.value} />
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
                <BaseSelect.ItemText className={styles.itemText}>{item.title}</BaseSelect.ItemText>
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
  /** Buttons for one less and one more. */
  readonly stepper?: boolean;
}

/** Commits when the field is left or Enter is pressed; values outside min..max are clamped. */
export function NumberField({ label, value, onChange, unit, step = 1, stepper = false, ...rest }: NumberProps) {
  return (
    <BaseNumber.Root
      value={value ?? null}
      step={step}
      format={{ useGrouping: false, maximumFractionDigits: 6 }}
      onValueCommitted={(next) => next !== null && onChange(next)}
      {...rest}
    >
      <BaseNumber.Group className={`${styles.number} ${stepper ? styles.stepper : ''}`}>
        {stepper && (
          <BaseNumber.Decrement className={styles.step} aria-label={`${label}, less`}>
            <Minus size={12} aria-hidden />
          </BaseNumber.Decrement>
        )}
        <BaseNumber.Input aria-label={label} onKeyDown={commitOnEnter} />
        {unit !== undefined && <span className={styles.unit}>{unit}</span>}
        {stepper && (
          <BaseNumber.Increment className={styles.step} aria-label={`${label}, more`}>
            <Plus size={12} aria-hidden />
          </BaseNumber.Increment>
        )}
      </BaseNumber.Group>
    </BaseNumber.Root>
  );
}

/** The library commits when the field is left. */
function commitOnEnter(e: KeyboardEvent<HTMLInputElement>): void {
  if (e.key !== 'Enter') return;
  e.currentTarget.blur();
  e.currentTarget.focus();
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  /** Called when the field is left or Enter is pressed, if the text changed. `false`: it was refused and stays to be mended. */
  readonly onCommit: (text: string) => unknown;
  /** Called at every key. */
  readonly onType?: (text: string) => void;
  readonly placeholder?: string;
  /** What is wrong with the text, in words. */
  readonly problem?: string | undefined;
  readonly list?: string | undefined;
  /** `wide` fills its row; `right` is for numbers under other numbers. */
  readonly look?: 'wide' | 'right';
}

/** Monospaced: for lists of numbers, indices, globs. Escape brings the text back that was there. */
export function TextField({ label, value, onCommit, onType, placeholder, problem, list, look }: TextProps) {
  const [draft, setDraft] = useState<string>();
  const commit = () => {
    if (draft === undefined) return;
    if (draft === value || onCommit(draft) !== false) setDraft(undefined);
  };
  return (
    <input
      className={`${styles.text} ${look === undefined ? '' : styles[look]}`}
      type="text"
      spellCheck={false}
      autoComplete="off"
      aria-label={label}
      aria-invalid={problem !== undefined}
      title={problem}
      placeholder={placeholder}
      list={list}
      value={draft ?? value}
      onChange={(e) => {
        setDraft(e.currentTarget.value);
        onType?.(e.currentTarget.value);
      }}
      onBlur={commit}
      onKeyDown={(e) => {
        if (e.key === 'Enter') commit();
        else if (e.key === 'Escape' && draft !== undefined) {
          e.stopPropagation();
          setDraft(undefined);
          onType?.(value);
        }
      }}
    />
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
    <BaseSwitch.Root
      className={styles.switch}
      aria-label={label}
      checked={checked}
      disabled={disabled}
      onCheckedChange={(next) => onChange(next)}
    >
      <BaseSwitch.Thumb className={styles.thumb} />
    </BaseSwitch.Root>
  );
}
