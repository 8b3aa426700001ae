import { Lock, Mic, SendHorizontal, Trash2 } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../../components/button";
import { toast } from "../../../components/toast";
import { playTime } from "../../../i18n/size";
import { MicrophoneError, Recording } from "./recorder";

const HOLD_MS = 350;
const AWAY_PX = 60;
/** Shorter than this was a slip. */
const SHORTEST_SECONDS = 0.6;
const METER_BARS = 40;

type State = "idle" | "starting" | "recording";

/** Records a voice message: a press starts it hands-free, a press that is held sends on release. */
export function useVoice(onSend: (sound: Blob) => void) {
  const { t } = useTranslation();
  const [state, setState] = useState<State>("idle");
  const [levels, setLevels] = useState<number[]>([]);
  const [seconds, setSeconds] = useState(0);
  const recording = useRef<Recording | null>(null);
  /** The start that counts: one that was given up must not become the next one's recording. */
  const wanted = useRef<object | null>(null);
  const length = useRef(0);
  const deliver = useRef(onSend);
  deliver.current = onSend;

  const reset = useCallback(() => {
    wanted.current = null;
    recording.current = null;
    length.current = 0;
    setState("idle");
    setLevels([]);
    setSeconds(0);
  }, []);
  const discard = useCallback(() => {
    recording.current?.stop();
    reset();
  }, [reset]);
  const send = useCallback(() => {
    const made = recording.current;
    if (!made || length.current < SHORTEST_SECONDS) {
      discard();
      return;
    }
    const sound = made.finish();
    reset();
    deliver.current(sound);
  }, [discard, reset]);
  const start = useCallback(async () => {
    if (wanted.current) return;
    const mine = {};
    wanted.current = mine;
    setState("starting");
    try {
      const made = await Recording.start({
        onLevel: (level, at) => {
          if (wanted.current !== mine) return;
          length.current = at;
          setSeconds(at);
          setLevels((old) => [...old.slice(1 - METER_BARS), level]);
        },
        onFull: () => send(),
      });
      if (wanted.current !== mine) {
        made.stop();
        return;
      }
      recording.current = made;
      setState("recording");
    } catch (error) {
      if (wanted.current !== mine) return;
      reset();
      toast.bad(t(`voice.no.${error instanceof MicrophoneError ? error.why : "unavailable"}`));
    }
  }, [reset, send, t]);
  // Leaving the chat lets go of the microphone.
  useEffect(
    () => () => {
      wanted.current = null;
      recording.current?.stop();
    },
    [],
  );
  return { state, levels, seconds, start, discard, send, slip: () => length.current < SHORTEST_SECONDS };
}

type Voice = ReturnType<typeof useVoice>;

/** Held: sends on release; moved aside: thrown away; moved up, or only pressed: goes on by itself. */
export function VoiceButton({ voice }: { voice: Voice }) {
  const { t } = useTranslation();
  const held = useRef<{ x: number; y: number; at: number } | null>(null);
  const onPointerDown = (event: PointerEvent<HTMLButtonElement>) => {
    if (event.button !== 0) return;
    held.current = { x: event.clientX, y: event.clientY, at: event.timeStamp };
    const released = (up: globalThis.PointerEvent) => {
      window.removeEventListener("pointerup", released);
      const from = held.current;
      held.current = null;
      if (!from || up.timeStamp - from.at < HOLD_MS) return;
      if (Math.abs(up.clientX - from.x) > AWAY_PX) voice.discard();
      else if (from.y - up.clientY <= AWAY_PX) voice.send();
    };
    window.addEventListener("pointerup", released);
    void voice.start();
  };
  return (
    <IconButton
      label={t("voice.record")}
      icon={<Mic />}
      onPointerDown={onPointerDown}
      // A key press comes as a click without a pointer.
      onClick={(event) => {
        if (event.detail === 0) void voice.start();
      }}
    />
  );
}

/** In place of the field while the microphone listens. */
export function VoiceBar({ voice }: { voice: Voice }) {
  const { t } = useTranslation();
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => bar.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") voice.discard();
    else if (event.key === "Enter" && event.target === bar.current) voice.send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a form's look and behaviour
    <div
      ref={bar}
      role="group"
      tabIndex={-1}
      aria-label={t("voice.recording")}
      data-testid="voice-bar"
      data-state={voice.state}
      onKeyDown={onKeyDown}
      className="flex items-center gap-2 rounded-m border border-line bg-surface py-1.5 ps-1.5 pe-1.5 outline-none focus-visible:shadow-focus"
    >
      <IconButton label={t("voice.discard")} icon={<Trash2 />} onClick={voice.discard} className="text-bad" />
      <span aria-hidden className="size-2.5 shrink-0 animate-pulse-soft rounded-full bg-bad" />
      <span role="timer" className="w-11 shrink-0 text-13">
        {playTime(Math.floor(voice.seconds))}
      </span>
      <Meter levels={voice.levels} />
      <span className="flex shrink-0 items-center gap-1 text-12 text-text-2 max-md:sr-only">
        <Lock aria-hidden className="size-3.5" />
        {voice.state === "starting" ? t("voice.starting") : t("voice.keys")}
      </span>
      <Button look="primary" disabled={voice.state !== "recording" || voice.slip()} onClick={voice.send}>
        {t("composer.send")}
        <SendHorizontal aria-hidden className="size-4 rtl:-scale-x-100" />
      </Button>
    </div>
  );
}

function Meter({ levels }: { levels: readonly number[] }) {
  const shown = [...Array.from({ length: METER_BARS - levels.length }, () => 0), ...levels];
  return (
    <svg
      aria-hidden
      data-testid="voice-meter"
      viewBox={`0 0 ${METER_BARS * 5} 32`}
      preserveAspectRatio="none"
      className="h-8 min-w-0 flex-1 text-accent"
    >
      {shown.map((level, bar) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: the newest bar is always the last
          key={bar}
          x={bar * 5 + 1}
          y={16 - Math.max(1, level * 15)}
          width={3}
          height={Math.max(2, level * 30)}
          rx={1.5}
          fill="currentColor"
        />
      ))}
    </svg>
  );
}
