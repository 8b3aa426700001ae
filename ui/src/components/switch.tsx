import { Switch as Radix } from "radix-ui";
import { type ReactNode, useId } from "react";

interface SwitchProps {
  label: string;
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function Switch({ label, hint, checked, onChange, disabled = false }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <Radix.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled}
        className="mt-0.5 h-5 w-9 shrink-0 rounded-full bg-text-3 p-0.5 transition-colors duration-(--motion) data-[state=checked]:bg-accent"
      >
        <Radix.Thumb className="block size-4 rounded-full bg-white transition-transform duration-(--motion) data-[state=checked]:translate-x-4 rtl:data-[state=checked]:-translate-x-4" />
      </Radix.Root>
      <label htmlFor={id} className="min-w-0">
        <span className="block font-medium text-14">{label}</span>
        {hint && <span className="block text-13 text-text-2">{hint}</span>}
      </label>
    </div>
  );
}
