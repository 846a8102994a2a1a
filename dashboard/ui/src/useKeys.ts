/** Single-key shortcuts. They rest while someone is typing, a dialog is open, or a modifier is held. */
import { useEffect, useRef } from "react";

export type Keys = Record<string, () => void>;

export function useKeys(keys: Keys) {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = latest.current[event.key];
      if (act === undefined || isTaken(event)) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (document.querySelector(".ant-modal-wrap:not([style*='display: none']), .ant-image-preview") !== null) return true;
  const target = event.target as HTMLElement;
  if (target.closest("input, textarea, select, [contenteditable], [role='combobox']")) return true;
  // Enter and space on a button or a link are the button's.
  return (event.key === "Enter" || event.key === " ") && target.closest("button, a") !== null;
}
