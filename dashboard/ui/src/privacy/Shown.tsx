/** A picture as it may be shown; while it is being masked, or where it cannot be, the words for that. */
import { useEffect, useState } from "react";
import { explain } from "../failure";
import { useT } from "../settings";
import { ask } from "./usePrepared";
import { useView, viewed } from "./view";

type Props = {
  url: string;
  alt: string;
  testid: string;
  /** Shows words in the place of the picture. */
  absent: (why: string) => React.ReactNode;
  /** Shows the picture. */
  present?: (picture: React.ReactNode) => React.ReactNode;
};

const AGAIN_MS = 1500;

export function Shown({ url, alt, testid, absent, present }: Props) {
  const src = viewed(url, useView());
  return <One key={src} src={src} alt={alt} testid={testid} absent={absent} present={present ?? ((picture) => picture)} />;
}

type OneProps = Omit<Required<Props>, "url"> & { src: string };

function One({ src, alt, testid, absent, present }: OneProps) {
  const t = useT();
  const [tries, setTries] = useState(0);
  const [why, setWhy] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!failed) return;
    const gone = new AbortController();
    let again: number | undefined;
    ask(src, gone.signal).then(
      ({ state }) => {
        if (state !== "preparing") return setWhy(t("evidence.failed"));
        setWhy(t("privacy.preparing"));
        again = window.setTimeout(() => {
          setFailed(false);
          setWhy(null);
          setTries((count) => count + 1);
        }, AGAIN_MS);
      },
      (error: unknown) => !gone.signal.aborted && setWhy(explain(error, t)),
    );
    return () => {
      gone.abort();
      window.clearTimeout(again);
    };
  }, [failed, src, t]);
  if (why !== null) return absent(why);
  return present(<img key={tries} src={src} alt={alt} onError={() => setFailed(true)} data-testid={testid} />);
}
