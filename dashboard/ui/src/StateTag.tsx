/** A state, in its colour; readable on light and on dark. */
import type { ReactNode } from "react";

type Props = { colour: string; children: ReactNode; testid?: string; state?: string };

export function StateTag({ colour, children, testid, state }: Props) {
  return (
    <span
      className="state-tag"
      style={{ "--state": colour } as React.CSSProperties}
      data-testid={testid}
      data-state={state}
    >
      {children}
    </span>
  );
}
