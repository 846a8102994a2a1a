/**
 * Masked or as it came: what a page of pictures shows, until it is left.
 *
 * Masked is the default. The original takes a right and a reason, and the server records both with every look.
 */
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import type { Session } from "../api.types";

export type View = {
  /** Whether the server masks at all. */
  masks: boolean;
  mayUnmask: boolean;
  /** Why the original is shown; null while it is not. */
  reason: string | null;
  setReason: (reason: string | null) => void;
};

const Context = createContext<View>({ masks: false, mayUnmask: false, reason: null, setReason: () => undefined });

export function ViewProvider({ session, children }: { session: Session; children: ReactNode }) {
  const [reason, setReason] = useState<string | null>(null);
  const { masked: masks, may_see_originals: mayUnmask } = session;
  const view = useMemo(() => ({ masks, mayUnmask, reason, setReason }), [masks, mayUnmask, reason]);
  return <Context.Provider value={view}>{children}</Context.Provider>;
}

export function useView(): View {
  return useContext(Context);
}

/** The address of a picture or video as it is to be shown. */
export function viewed(url: string, { masks, reason }: Pick<View, "masks" | "reason">): string {
  if (!masks) return url;
  return reason === null ? `${url}?view=masked` : `${url}?view=original&reason=${encodeURIComponent(reason)}`;
}

/** The name under which it is saved: nobody takes one for the other. */
export function savedAs(name: string, { masks, reason }: Pick<View, "masks" | "reason">): string {
  return masks && reason === null ? name.replace(/(\.[^.]*)?$/, (ending) => `_masked${ending}`) : name;
}
