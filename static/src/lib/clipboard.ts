/** Puts a text onto the clipboard. False where that is not allowed: the person then has to copy it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // There is none outside of https, or it was forbidden.
    return copyByEvent(text);
  }
}

/** The older way, which asks for no permission and needs no selection: the browser asks what is to be copied. */
function copyByEvent(text: string): boolean {
  let taken = false;
  const give = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    taken = event.clipboardData !== null;
  };
  document.addEventListener("copy", give, { once: true, capture: true });
  try {
    // oxlint-disable-next-line typescript/no-deprecated -- There is no other way without a clipboard.
    return document.execCommand("copy") && taken;
  } catch {
    return false;
  } finally {
    document.removeEventListener("copy", give, { capture: true });
  }
}
