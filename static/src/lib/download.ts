/** Files for the person to keep. */
import { send } from "@/api/client";

/** Excel knows by it that a file is UTF-8. */
const BYTE_ORDER_MARK = "\ufeff";

/** Saves a table as a file. */
export const saveTable = (name: string, csv: string): void => saveBlob(name, new Blob([BYTE_ORDER_MARK, csv], { type: "text/csv;charset=utf-8" }));

/** Saves what the API answers as a file: a link could not carry the key. */
export async function saveAnswer(name: string, path: string): Promise<void> {
  const response = await send("GET", path, undefined, { streamed: true });
  saveBlob(name, await response.blob());
}

function saveBlob(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
