import { useConnection } from "../data/connection.ts";
import { Icon } from "../design/icon.tsx";
import { TimeAgo } from "../design/time.tsx";
import "./connection-note.css";

const words = {
  idle: "",
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost",
  healed: "Live again",
} as const;

/** Whether what is shown is live, in a word. */
export function ConnectionState() {
  const { status } = useConnection();
  if (status === "idle") return null;
  return (
    <span className={`connection connection-${status}`} data-connection={status}>
      {status === "lost" ? <Icon name="lost" size={14} /> : <span className="connection-dot" />}
      {words[status]}
    </span>
  );
}

/** Above the page while the connection is lost, and for some seconds when it is there again. */
export function ConnectionNote() {
  const { status, sinceMs, why } = useConnection();
  return (
    <div role="status">
      {status === "lost" && (
        <p className="connection-note connection-note-lost">
          <Icon name="lost" size={18} />
          <span>
            <strong>Connection lost</strong> <TimeAgo at={sinceMs} />. What you see may be old. Trying again
            by itself. <span className="connection-why">{why}</span>
          </span>
        </p>
      )}
      {status === "healed" && (
        <p className="connection-note connection-note-healed">
          <Icon name="check" size={18} />
          <span>
            <strong>Live again.</strong> Everything shown is up to date.
          </span>
        </p>
      )}
    </div>
  );
}
