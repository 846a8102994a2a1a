/** Files that somebody dropped or chose, folders opened, with their paths inside the flight. */

export type Picked = { file: File; path: string };

/** What computers leave in folders; nobody means to upload it. */
const LEFTOVER = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*)$/i;

export function fromInput(files: FileList | null): Picked[] {
  return keep([...(files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

export async function fromDrop(transfer: DataTransfer): Promise<Picked[]> {
  // The list is only readable during the event, so every entry is taken before the first wait.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return fromInput(transfer.files);
  const found = await Promise.all(entries.map((entry) => open(entry)));
  return keep(found.flat());
}

/** A name for the flight: the folder or archive that was given, else the first file. */
export function flightName(picked: Picked[]): string {
  const first = picked[0]?.path.split("/") ?? [];
  const name = first[0] ?? "";
  return first.length > 1 ? name : name.replace(/\.[^.]+$/, "");
}

export function keep(picked: Picked[]): Picked[] {
  return picked.filter(({ path }) => !LEFTOVER.test(path.split("/").at(-1) ?? ""));
}

async function open(entry: FileSystemEntry): Promise<Picked[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  // A reader gives at most a hundred entries a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const inner of some) found.push(...(await open(inner)));
  }
}
