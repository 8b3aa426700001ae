import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./cx";

const inputBase =
  "tap rounded-s border border-line bg-surface px-3 text-14 text-text transition-colors duration-(--motion) hover:border-text-3 aria-invalid:border-bad disabled:opacity-60";
export const inputClass = `${inputBase} h-9 w-full`;
/** For a choice that stands in a row with others. */
export const selectClass = `${inputBase} h-8 w-auto shrink-0 pe-7 text-13`;

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  className?: string;
  children: (wiring: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": true | undefined;
  }) => ReactNode;
}

/** A label, its control, and what is to be said about it, wired together for assistive technology. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const about = `${id}-about`;
  const says = error ?? hint;
  return (
    <div className={cx("grid gap-1", className)}>
      <label htmlFor={id} className="font-medium text-13">
        {label}
      </label>
      {children({ id, "aria-describedby": says ? about : undefined, "aria-invalid": error ? true : undefined })}
      {says && (
        <div
          id={about}
          role={error ? "alert" : undefined}
          className={cx("text-12", error ? "text-bad" : "text-text-2")}
        >
          {says}
        </div>
      )}
    </div>
  );
}

interface TextFieldProps extends ComponentProps<"input"> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

export function TextField({ label, hint, error, className, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} {...(className ? { className } : {})}>
      {(wiring) => <input className={inputClass} {...rest} {...wiring} />}
    </Field>
  );
}

interface SelectFieldProps extends ComponentProps<"select"> {
  label: string;
  hint?: ReactNode;
  options: { value: string; label: string }[];
}

export function SelectField({ label, hint, options, className, ...rest }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} {...(className ? { className } : {})}>
      {(wiring) => (
        <select className={cx(inputClass, "pe-8")} {...rest} {...wiring}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
