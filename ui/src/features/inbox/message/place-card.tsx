import { MapPin } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Place } from "../../../api/model";
import { platform } from "../../../platform";
import { safeName } from "../../../text/untrusted";

const degrees = (value: number, plus: string, minus: string) =>
  `${Math.abs(value).toFixed(5)}° ${value < 0 ? minus : plus}`;

export function coordinates(place: Place): string {
  return `${degrees(place.latitude, "N", "S")}, ${degrees(place.longitude, "E", "W")}`;
}

export function mapAddress({ latitude, longitude }: Place): string {
  const [lat, lon] = [latitude.toFixed(6), longitude.toFixed(6)];
  return `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`;
}

/** A place, drawn without asking any map service where the agent looks. */
export function PlaceCard({ place }: { place: Place }) {
  const { t } = useTranslation();
  return (
    <div className="w-[280px] max-w-full overflow-hidden rounded-s border border-line bg-surface" data-testid="place">
      <div className="relative h-24 overflow-hidden bg-surface-2">
        <svg
          aria-hidden
          viewBox="0 0 280 96"
          className="absolute inset-0 size-full text-line"
          fill="none"
          stroke="currentColor"
        >
          <path strokeWidth="7" d="M-10 70 90 44l70 12 130-42M60-10l26 60-14 60M196-10l-20 66 26 60" />
          <path
            strokeWidth="2.5"
            d="M-10 20 70 8M120-10l10 60 40 60M230-10l-8 40 70 30M-10 92l90-18 80 30M0 44l66-10"
          />
          <path className="text-accent-soft" fill="currentColor" stroke="none" d="M214 60h70v40h-84z" />
        </svg>
        <MapPin
          aria-hidden
          className="absolute inset-0 m-auto size-8 -translate-y-2 text-accent"
          fill="var(--surface)"
        />
      </div>
      <div className="grid gap-0.5 p-2.5">
        {place.name && <bdi className="block truncate font-semibold text-13">{safeName(place.name, 80)}</bdi>}
        {place.address && <bdi className="line-clamp-2 text-12 text-text-2">{safeName(place.address, 200)}</bdi>}
        <span dir="ltr" className="text-12 text-text-2">
          {coordinates(place)}
        </span>
        {place.live && <span className="text-12 text-text-2">{t("place.live")}</span>}
        <button
          type="button"
          onClick={() => void platform.openExternal(mapAddress(place)).catch(() => undefined)}
          className="tap mt-1 justify-self-start rounded-s font-medium text-13 text-accent underline-offset-2 hover:underline"
        >
          {t("place.open")}
        </button>
      </div>
    </div>
  );
}
