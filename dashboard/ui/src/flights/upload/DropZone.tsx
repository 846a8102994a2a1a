/** Takes files, folders and archives, dropped or chosen. */
import { FileAddOutlined, FolderAddOutlined, InboxOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { useFlightT } from "../words";
import { fromDrop, fromInput, type Picked } from "./picked";
import css from "./upload.module.css";

type Props = { onPicked: (picked: Picked[]) => void; title: string; small?: boolean; busy?: boolean; children?: ReactNode; below?: ReactNode };

export function DropZone({ onPicked, title, small, busy, children, below }: Props) {
  const t = useFlightT();
  const { message } = App.useApp();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  /** Entering a child fires before leaving its parent, so the depth is counted. */
  const [depth, setDepth] = useState(0);
  const [reading, setReading] = useState(false);

  const take = (picked: Picked[]) => {
    if (picked.length === 0) void message.info(t("upload.none"));
    else onPicked(picked);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setDepth(0);
    setReading(true);
    fromDrop(event.dataTransfer)
      .then(take, () => void message.error(t("problem.unreadable")))
      .finally(() => setReading(false));
  };
  const over = depth > 0;
  return (
    <div
      className={[css.zone, small && css.small, over && css.over].filter(Boolean).join(" ")}
      onDragEnter={() => setDepth(depth + 1)}
      onDragLeave={() => setDepth(Math.max(0, depth - 1))}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      data-testid="drop-zone"
    >
      <InboxOutlined className={css.zoneIcon} />
      <div className={css.zoneTitle}>{reading ? t("upload.reading") : over ? t("upload.release") : title}</div>
      {children}
      <div className={css.zoneButtons}>
        <Button type="primary" icon={<FileAddOutlined />} loading={busy} onClick={() => files.current?.click()}>
          {t("upload.files")}
        </Button>
        <Button icon={<FolderAddOutlined />} disabled={busy} onClick={() => folder.current?.click()}>
          {t("upload.folder")}
        </Button>
      </div>
      {below}
      <FileInput input={files} onPicked={take} />
      <FileInput input={folder} onPicked={take} directory />
    </div>
  );
}

type InputProps = { input: React.RefObject<HTMLInputElement | null>; onPicked: (picked: Picked[]) => void; directory?: boolean };

function FileInput({ input, onPicked, directory }: InputProps) {
  return (
    <input
      ref={(element) => {
        input.current = element;
        if (element !== null) element.webkitdirectory = directory === true;
      }}
      type="file"
      multiple
      hidden
      data-testid={directory ? "folder-input" : "file-input"}
      onChange={(event) => {
        onPicked(fromInput(event.target.files));
        // So that the same file can be chosen again.
        event.target.value = "";
      }}
    />
  );
}
