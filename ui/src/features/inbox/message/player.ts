import { useCallback, useEffect, useRef, useState } from "react";

// One sound at a time: whatever starts stops what plays.

let playing: HTMLAudioElement | null = null;

export const SPEEDS = [1, 1.5, 2] as const;
let speed: number = 1;

interface Player {
  playing: boolean;
  /** Seconds. */
  at: number;
  length: number;
  speed: number;
  broken: boolean;
  toggle: () => void;
  seek: (seconds: number) => void;
  faster: () => void;
}

/** Plays `url` once it is there. `wanted`: as soon as it is, because someone has pressed play already. */
export function usePlayer(url: string | null, told: number, wanted: boolean, onEnd: () => void): Player {
  const audio = useRef<HTMLAudioElement | null>(null);
  const [state, setState] = useState({ playing: false, at: 0, length: told, speed, broken: false });
  const ended = useRef(onEnd);
  ended.current = onEnd;
  const change = useCallback((next: Partial<typeof state>) => setState((old) => ({ ...old, ...next })), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `wanted` counts at the moment at which the sound arrives
  useEffect(() => {
    if (!url) return;
    const sound = new Audio(url);
    sound.preload = "metadata";
    audio.current = sound;
    change({ broken: false, at: 0 });
    sound.ontimeupdate = () => change({ at: sound.currentTime });
    sound.ondurationchange = () => {
      if (Number.isFinite(sound.duration)) change({ length: sound.duration });
    };
    sound.onplay = () => change({ playing: true });
    sound.onpause = () => change({ playing: false });
    sound.onended = () => {
      change({ playing: false, at: 0 });
      sound.currentTime = 0;
      ended.current();
    };
    sound.onerror = () => change({ broken: true, playing: false });
    if (wanted) start(sound);
    return () => {
      sound.pause();
      if (playing === sound) playing = null;
      sound.removeAttribute("src");
      audio.current = null;
    };
  }, [url, change]);

  const toggle = useCallback(() => {
    const sound = audio.current;
    if (!sound) return;
    if (sound.paused) start(sound);
    else sound.pause();
    change({ speed });
  }, [change]);
  const seek = useCallback(
    (seconds: number) => {
      if (audio.current) audio.current.currentTime = seconds;
      change({ at: seconds });
    },
    [change],
  );
  const faster = useCallback(() => {
    const next = SPEEDS[(SPEEDS.indexOf(speed as (typeof SPEEDS)[number]) + 1) % SPEEDS.length] ?? 1;
    speed = next;
    if (audio.current) audio.current.playbackRate = next;
    change({ speed: next });
  }, [change]);
  return { ...state, toggle, seek, faster };
}

function start(sound: HTMLAudioElement): void {
  if (playing && playing !== sound) playing.pause();
  playing = sound;
  sound.playbackRate = speed;
  // Refused where nobody has touched the page yet; the button is still there.
  void sound.play().catch(() => undefined);
}
