export default function ({ parentElement, setTriggerValue }) {
  if (parentElement.watching) return;
  const app = document.querySelector("[data-testid=stApp]");
  let lost = false;
  parentElement.watching = new MutationObserver(() => {
    const connected = app.dataset.testConnectionState === "CONNECTED";
    if (connected && lost) setTriggerValue("back", Date.now());
    lost = !connected;
  });
  parentElement.watching.observe(app, { attributeFilter: ["data-test-connection-state"] });
  return () => parentElement.watching.disconnect();
}
