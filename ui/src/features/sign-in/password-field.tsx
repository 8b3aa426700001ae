import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../../components/button";
import { cx } from "../../components/cx";
import { Field, inputClass } from "../../components/field";

interface PasswordFieldProps extends ComponentProps<"input"> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

export function PasswordField({ label, hint, error, ...rest }: PasswordFieldProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <div className="relative">
          <input className={cx(inputClass, "pe-11")} type={shown ? "text" : "password"} {...rest} {...wiring} />
          <IconButton
            label={shown ? t("signIn.hidePassword") : t("signIn.showPassword")}
            icon={shown ? <EyeOff /> : <Eye />}
            className="absolute inset-y-0 end-0.5 my-auto"
            onClick={() => setShown(!shown)}
          />
        </div>
      )}
    </Field>
  );
}
