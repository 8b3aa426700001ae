import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

void i18next.use(initReactI18next).init({
  lng: "en",
  fallbackLng: "en",
  resources: { en: { translation: en } },
  // React puts every text into a text node, so nothing needs escaping here.
  interpolation: { escapeValue: false },
  returnNull: false,
});

export default i18next;
