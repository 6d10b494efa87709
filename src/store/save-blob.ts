/** Hands bytes to the browser as a download. */
export function saveBlob(blob: Blob, fileName: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  // The download has taken its own reference once it starts; a minute is plenty.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export const saveText = (text: string, fileName: string): void => saveBlob(new Blob([text], { type: 'text/plain' }), fileName);
