import type { UseFormRegisterReturn } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { PasswordField } from "./password-field";

interface NewPasswordProps {
  password: UseFormRegisterReturn;
  repeat: UseFormRegisterReturn;
  errors: { password?: { message?: string | undefined }; repeat?: { message?: string | undefined } };
}

/** A password to choose, typed twice. */
export function NewPassword({ password, repeat, errors }: NewPasswordProps) {
  const { t } = useTranslation();
  return (
    <>
      <PasswordField
        label={t("signIn.newPassword")}
        hint={t("signIn.newPasswordHint")}
        autoComplete="new-password"
        error={errors.password?.message}
        {...password}
      />
      <PasswordField
        label={t("signIn.repeatPassword")}
        autoComplete="new-password"
        error={errors.repeat?.message}
        {...repeat}
      />
    </>
  );
}
