export default function ({ data, setStateValue }) {
  if (window.location.search !== data.known) setStateValue("search", window.location.search);
}
