import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "../components/button";
import { Empty } from "../components/states";

/** In place of a part of the screen that threw. */
export function Crashed() {
  const { t } = useTranslation();
  return (
    <main className="h-full flex-1">
      <Empty
        icon={<CircleAlert />}
        title={t("states.crashed")}
        action={<Button onClick={() => window.location.reload()}>{t("states.reload")}</Button>}
      >
        {t("states.crashedHint")}
      </Empty>
    </main>
  );
}
