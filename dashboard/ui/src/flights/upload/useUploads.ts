/** The uploads of one flight for a component to show, with their pace. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { flightKey } from "../keys";
import { type Sample, sample, speed } from "./pace";
import { type UploadStatus, uploadsOf } from "./uploads";

export function useUploads(flight: number): UploadStatus {
  const uploads = uploadsOf(flight);
  const client = useQueryClient();
  useEffect(
    // Duplicates are known to the server only.
    () => uploads.onFile(() => void client.invalidateQueries({ queryKey: flightKey(flight) })),
    [uploads, client, flight],
  );
  return useSyncExternalStore(uploads.subscribe, uploads.status);
}

/** Bytes a second while something is being sent; null while that is not known. */
export function usePace(sent: number, busy: boolean): number | null {
  const samples = useRef<Sample[]>([]);
  const [pace, setPace] = useState<number | null>(null);
  const latest = useRef(sent);
  useEffect(() => {
    latest.current = sent;
  }, [sent]);
  useEffect(() => {
    samples.current = [];
    setPace(null);
    if (!busy) return;
    const timer = window.setInterval(() => {
      samples.current = sample(samples.current, { ms: performance.now(), sent: latest.current });
      setPace(speed(samples.current));
    }, 500);
    return () => window.clearInterval(timer);
  }, [busy]);
  return pace;
}
