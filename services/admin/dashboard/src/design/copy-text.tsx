import { useState } from "react";
import { IconButton } from "./button.tsx";

const saidMs = 1_500;

/** A text that programs made, such as an id, with a button that copies it. */
export function CopyText({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), saidMs);
  };
  return (
    <span className="copy-text">
      <code>{text}</code>
      <IconButton icon={copied ? "check" : "copy"} label={copied ? "Copied" : label} onClick={copy} />
    </span>
  );
}
