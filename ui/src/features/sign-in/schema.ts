import i18next from "i18next";
import { z } from "zod";

// Shapes of the forms. Messages are read when the schema is made, which is after the language is known.

const required = (message: string) => z.string().trim().min(1, message);

const newPassword = () => ({
  password: z.string().min(10, i18next.t("signIn.needLonger")).max(1024),
  repeat: z.string(),
});
const samePassword = (form: { password: string; repeat: string }) => form.password === form.repeat;
const differ = () => ({ path: ["repeat"], message: i18next.t("signIn.mustMatch") });

export const passwordForm = (needsServer: boolean) =>
  z.object({
    url: needsServer ? required(i18next.t("signIn.needServer")) : z.string(),
    email: required(i18next.t("signIn.needEmail")),
    password: z.string().min(1, i18next.t("signIn.needPassword")),
  });

export const codeForm = (needsServer: boolean) =>
  z
    .object({
      url: needsServer ? required(i18next.t("signIn.needServer")) : z.string(),
      code: required(i18next.t("signIn.needCode")),
      ...newPassword(),
    })
    .refine(samePassword, differ());

export const setupForm = () =>
  z
    .object({
      token: required(i18next.t("setup.needToken")),
      name: required(i18next.t("setup.needName")),
      email: required(i18next.t("signIn.needEmail")),
      ...newPassword(),
    })
    .refine(samePassword, differ());
