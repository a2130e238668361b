// Passes files pasted or dropped anywhere on the page to the uploader's input.

const UPLOADER = "[data-testid=stFileUploader]";

export default function () {
  const stop = new AbortController();
  const { signal } = stop;
  document.addEventListener("paste", (event) => take(event, event.clipboardData), { signal });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); // else the browser opens the file
  }, { signal });
  document.addEventListener("drop", (event) => {
    if (!event.target.closest?.(UPLOADER)) take(event, event.dataTransfer); // the uploader handles its own drops
  }, { signal });
  return () => stop.abort();
}

function take(event, carried) {
  const input = document.querySelector(`${UPLOADER} input[type=file]`);
  if (!input || input.disabled || !carried?.files.length) return; // pasted text is left alone
  event.preventDefault();
  const transfer = new DataTransfer();
  for (const file of carried.files) transfer.items.add(file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
