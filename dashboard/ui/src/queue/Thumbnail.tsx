/** The newest close-up of the object that the server has. */
import { useState } from "react";
import { evidenceUrl } from "../api";
import type { Alert, EvidenceName } from "../api.types";
import { useT } from "../settings";
import css from "./queue.module.css";

const CHOICES: EvidenceName[] = ["last_crop.jpg", "first_crop.jpg"];

/** A new revision may have brought a picture, so it starts the search again. */
export function Thumbnail({ alert }: { alert: Alert }) {
  return <Picture key={`${alert.id}/${alert.revision}`} id={alert.id} />;
}

function Picture({ id }: { id: string }) {
  const t = useT();
  const [choice, setChoice] = useState(0);
  const name = CHOICES[choice];
  if (name === undefined) return <div className={css.thumbnail}>{t("list.no_picture")}</div>;
  return (
    <img
      className={css.thumbnail}
      src={`${evidenceUrl(id, name)}?view=masked`}
      alt=""
      loading="lazy"
      onError={() => setChoice(choice + 1)}
    />
  );
}
