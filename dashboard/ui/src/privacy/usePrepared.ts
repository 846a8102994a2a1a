/** Waits for a masked rendition, which is made when somebody first asks for it. */
import { useQuery } from "@tanstack/react-query";
import { ApiError, refusal } from "../api";

export type Prepared = { state: "ready" } | { state: "preparing"; progress: number } | { state: "failed"; error: unknown };

const AGAIN_MS = 1500;

/** `url` null: there is nothing to wait for. */
export function usePrepared(url: string | null): Prepared {
  const asked = useQuery({
    queryKey: ["prepared", url],
    queryFn: ({ signal }) => ask(url ?? "", signal),
    enabled: url !== null,
    refetchInterval: ({ state }) => (state.data?.state === "preparing" ? AGAIN_MS : false),
    retry: false,
    // A rendition is made anew when settings change, so nobody relies on an old answer.
    gcTime: 0,
  });
  if (url === null) return { state: "ready" };
  if (asked.isError) return { state: "failed", error: asked.error };
  return asked.data ?? { state: "preparing", progress: 0 };
}

/** One byte is enough to know. */
export async function ask(url: string, signal?: AbortSignal): Promise<Prepared> {
  const init: RequestInit = { credentials: "same-origin", headers: { range: "bytes=0-0" } };
  if (signal) init.signal = signal;
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("unreachable", 0, String(error));
  }
  if (response.status === 202) {
    const { progress } = (await response.json()) as { progress: number };
    return { state: "preparing", progress };
  }
  if (!response.ok) throw await refusal(response);
  return { state: "ready" };
}
