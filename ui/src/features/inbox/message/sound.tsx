import { Mic, Music, Pause, Play } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Attachment, Message } from "../../../api/model";
import { cx } from "../../../components/cx";
import { playTime } from "../../../i18n/size";
import { safeName } from "../../../text/untrusted";
import { useChat } from "../chat-context";
import { FileNote } from "./file-note";
import { usePlayer } from "./player";
import { useFile } from "./use-file";

const BARS = 48;

/** `count` bars between 8 and 100 for any number of values. */
export function bars(waveform: readonly number[], count = BARS): number[] {
  if (waveform.length === 0) return Array.from({ length: count }, () => 14);
  return Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * waveform.length) / count);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * waveform.length) / count));
    const loudest = Math.max(...waveform.slice(from, to));
    return Math.min(100, Math.max(8, loudest));
  });
}

/** Not every webview knows WhatsApp's own form of sound; those that do not get it decoded. */
const needsWav = (mime: string) => document.createElement("audio").canPlayType(mime) === "";

/** A voice message or another sound: play, waveform to seek in, speed. */
export function Sound({ message, file }: { message: Message; file: Attachment }) {
  const { t } = useTranslation();
  const chat = useChat();
  const [wanted, setWanted] = useState(false);
  const [decoded, setDecoded] = useState(() => needsWav(file.mime));
  const { where, url, want, save } = useFile(message, file, { as: decoded ? "wav" : null });
  const player = usePlayer(url, file.seconds ?? 0, wanted, () => setWanted(false));
  const voice = message.kind === "voice";
  const inbound = message.direction === "inbound";
  const unplayed = voice && inbound && message.status !== "played";
  if (player.broken && !decoded) {
    // It said it could; it cannot.
    setDecoded(true);
    setWanted(true);
  }

  const press = useCallback(() => {
    if (unplayed) chat.played(message);
    if (url) {
      player.toggle();
      return;
    }
    setWanted(true);
    want?.();
  }, [chat, message, player, unplayed, url, want]);

  const shape = useMemo(() => bars(file.waveform ?? []), [file.waveform]);
  const length = player.length || (file.seconds ?? 0);
  const share = length > 0 ? player.at / length : 0;
  const loading = wanted && !url && where === "fetching";
  const stuck = where === "failed" || where === "gone" || where === "withheld";
  return (
    <div
      className="grid w-[268px] max-w-full gap-1"
      data-testid="sound"
      data-where={where}
      data-playing={player.playing}
    >
      <div className="flex items-center gap-2.5">
        <button
          type="button"
          aria-label={player.playing ? t("sound.pause") : t("sound.play")}
          aria-busy={loading || undefined}
          disabled={where === "gone" || where === "withheld"}
          onClick={press}
          className="tap grid size-9 shrink-0 place-items-center rounded-full bg-accent text-accent-ink transition-opacity duration-(--motion) hover:opacity-90 disabled:opacity-40"
        >
          {loading ? (
            <span
              aria-hidden
              className="size-4 animate-spin rounded-full border-2 border-current border-e-transparent"
            />
          ) : player.playing ? (
            <Pause aria-hidden className="size-4" fill="currentColor" />
          ) : (
            <Play aria-hidden className="ms-0.5 size-4" fill="currentColor" />
          )}
        </button>
        <div className="relative h-8 min-w-0 flex-1 rounded-s focus-within:shadow-focus">
          {voice ? <Waveform shape={shape} share={share} /> : <Line share={share} />}
          <input
            type="range"
            aria-label={t("sound.position")}
            aria-valuetext={`${playTime(player.at)} / ${playTime(length)}`}
            min={0}
            max={Math.max(length, 0.1)}
            step={0.1}
            value={Math.min(player.at, length)}
            disabled={!url}
            onChange={(event) => player.seek(Number(event.target.value))}
            className="absolute inset-0 size-full cursor-pointer opacity-0 disabled:cursor-default"
          />
        </div>
        {player.playing || player.at > 0 ? (
          <button
            type="button"
            onClick={player.faster}
            aria-label={t("sound.speed", { speed: player.speed })}
            className="tap w-9 shrink-0 rounded-full bg-surface-2 py-0.5 font-semibold text-11 text-text-2 hover:text-text"
          >
            {player.speed}×
          </button>
        ) : (
          <span className="relative grid w-9 shrink-0 place-items-center text-text-2">
            {voice ? (
              <Mic
                aria-hidden
                className={cx("size-4", message.status === "played" ? "text-tick-read" : unplayed && "text-accent")}
              />
            ) : (
              <Music aria-hidden className="size-4" />
            )}
            {unplayed && (
              <span className="absolute end-1 top-0 size-1.5 rounded-full bg-accent">
                <span className="sr-only">{t("sound.unplayed")}</span>
              </span>
            )}
          </span>
        )}
      </div>
      <p className="flex min-w-0 gap-2 ps-[46px] text-11 text-text-2">
        <span>{playTime(player.at > 0 ? player.at : length)}</span>
        {!voice && file.file_name && <bdi className="truncate">{safeName(file.file_name, 60)}</bdi>}
      </p>
      {(stuck || (player.broken && decoded)) && (
        <div className="ps-[46px]">
          {player.broken && decoded ? (
            <span className="text-12 text-text-2">
              {t("file.unplayable")}{" "}
              <button type="button" onClick={save} className="tap font-semibold underline">
                {t("file.save")}
              </button>
            </span>
          ) : (
            <FileNote file={file} where={where} onWant={press} />
          )}
        </div>
      )}
    </div>
  );
}

export function Waveform({ shape, share }: { shape: readonly number[]; share: number }) {
  return (
    <svg aria-hidden viewBox={`0 0 ${shape.length * 5} 32`} preserveAspectRatio="none" className="size-full">
      {shape.map((height, bar) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars of one sound never move
          key={bar}
          x={bar * 5 + 1}
          y={16 - height * 0.15}
          width={3}
          height={height * 0.3}
          rx={1.5}
          className={(bar + 0.5) / shape.length <= share ? "fill-accent" : "fill-text-3"}
        />
      ))}
    </svg>
  );
}

function Line({ share }: { share: number }) {
  return (
    <span aria-hidden className="absolute inset-x-0 top-1/2 h-1 -translate-y-1/2 rounded-full bg-text-3 opacity-60">
      <span className="block h-full rounded-full bg-accent" style={{ width: `${share * 100}%` }} />
    </span>
  );
}
