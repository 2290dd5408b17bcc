/**
 * Follows a round over its stream. The browser asks again by itself after a lost connection, with the id of the
 * last event; where it gives up (the server is gone), we ask anew until it is back.
 */
import { useEffect, useState } from 'react';
import { type Round, type RoundEvent, routes } from '../../api.ts';
import { type LiveRound, withEvents } from './round-store.ts';

export interface FollowedRound {
  readonly round: Round | undefined;
  readonly live: LiveRound;
  /** False while the server does not answer. */
  readonly attached: boolean;
  readonly accept: (round: Round) => void;
}

const again = 1500;

export function useRound(name: string): FollowedRound {
  const [round, setRound] = useState<Round>();
  const [live, setLive] = useState<LiveRound>(new Map());
  const [attached, setAttached] = useState(true);
  useEffect(() => {
    setRound(undefined);
    setLive(new Map());
    let source: EventSource;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let frame: ReturnType<typeof setTimeout> | undefined;
    let waiting: RoundEvent[] = [];
    // A round's whole past arrives at once: it is taken in by the batch.
    const takeIn = () => {
      frame = undefined;
      const events = waiting;
      waiting = [];
      setLive((before) => withEvents(before, events));
    };
    const attach = () => {
      source = new EventSource(routes.roundEvents(name));
      source.onopen = () => setAttached(true);
      source.onerror = () => {
        setAttached(false);
        if (source.readyState === EventSource.CLOSED) retry = setTimeout(attach, again);
      };
      source.addEventListener('run', ({ data }) => {
        waiting.push(JSON.parse(data));
        frame ??= setTimeout(takeIn, 100);
      });
      source.addEventListener('round', ({ data }) => setRound(JSON.parse(data)));
    };
    attach();
    return () => {
      source.close();
      clearTimeout(retry);
      clearTimeout(frame);
    };
  }, [name]);
  return { round, live, attached, accept: setRound };
}
