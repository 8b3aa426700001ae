import { create } from "qrcode";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

/** The code as one path of whole squares, sharp at any size. */
function squares(text: string): { size: number; path: string } {
  const { modules } = create(text, { errorCorrectionLevel: "L" });
  let path = "";
  for (let y = 0; y < modules.size; y += 1) {
    for (let x = 0; x < modules.size; x += 1) if (modules.get(y, x)) path += `M${x} ${y}h1v1h-1z`;
  }
  return { size: modules.size, path };
}

export function QrPicture({ code }: { code: string }) {
  const { t } = useTranslation();
  const { size, path } = useMemo(() => squares(code), [code]);
  return (
    <svg
      role="img"
      aria-label={t("link.qr")}
      data-testid="qr"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-full"
    >
      <path d={path} fill="#111" />
    </svg>
  );
}
