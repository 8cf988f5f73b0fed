import { type ComponentProps, type ReactNode, useId } from "react";
import "./field.css";

interface FieldFrame {
  readonly label: string;
  /** What to enter, below the field. */
  readonly hint?: ReactNode;
  /** What is wrong with the entry; empty if nothing is. */
  readonly error?: string | undefined;
}

function Frame({ id, label, hint, error, children }: FieldFrame & { id: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {error ? (
        <p className="field-error" id={`${id}-note`}>
          {error}
        </p>
      ) : (
        hint && (
          <p className="field-hint" id={`${id}-note`}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

function describedBy(id: string, { hint, error }: FieldFrame) {
  return {
    "aria-describedby": hint || error ? `${id}-note` : undefined,
    "aria-invalid": error ? true : undefined,
  };
}

/** A line of text. */
export function TextField({
  label,
  hint,
  error,
  suffix,
  ...rest
}: FieldFrame & { suffix?: string | undefined } & ComponentProps<"input">) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <div className="field-control">
        <input id={id} autoComplete="off" {...describedBy(id, { label, hint, error })} {...rest} />
        {suffix && (
          <span className="field-suffix" aria-hidden="true">
            {suffix}
          </span>
        )}
      </div>
    </Frame>
  );
}

/** Some lines of text. */
export function TextArea({ label, hint, error, ...rest }: FieldFrame & ComponentProps<"textarea">) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea id={id} rows={3} {...describedBy(id, { label, hint, error })} {...rest} />
    </Frame>
  );
}

/** One of a few choices. */
export function SelectField({
  label,
  hint,
  error,
  options,
  ...rest
}: FieldFrame & {
  options: ReadonlyArray<readonly [value: string, text: string]>;
} & ComponentProps<"select">) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select id={id} {...describedBy(id, { label, hint, error })} {...rest}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Frame>
  );
}

/** Yes or no. */
export function CheckField({
  label,
  hint,
  ...rest
}: { label: string; hint?: string } & ComponentProps<"input">) {
  const id = useId();
  return (
    <div className="check">
      <input id={id} type="checkbox" aria-describedby={hint ? `${id}-note` : undefined} {...rest} />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <p className="field-hint" id={`${id}-note`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
