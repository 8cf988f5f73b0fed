/** Drawings of 24 × 24, in lines. */
const drawings = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  accounts: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 20c1-4 4.5-5.5 8-5.5s7 1.5 8 5.5",
  reservations: "M12 21a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17M12 8v5l3 2M9 2h6",
  pricing: "M4 4h8l8.5 8.5-8 8L4 12zM8.5 8.5h.01",
  exchange: "M4 8h15l-4-4M20 16H5l4 4",
  payments: "M3 6h18v13H3zM3 10.5h18M7 15h3",
  alerts: "M6 16V10.5a6 6 0 0 1 12 0V16l2 2.5H4zM10 21h4",
  audit: "M6 3h9l4 4v14H6zM10 12h5M10 16h5M14.5 3v5H19",
  system: "M4 5h16v5H4zM4 14h16v5H4zM8 7.5h.01M8 16.5h.01",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M16 16l5 5",
  close: "M6 6l12 12M18 6L6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  sort: "M8 9l4-4 4 4M8 15l4 4 4-4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  warning: "M12 4l9 16H3zM12 10v4.5M12 17.2h.01",
  danger: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16h.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 11v5M12 8h.01",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3.5 2",
  lost: "M3 3l18 18M8.5 15.5a5 5 0 0 1 5-1.4M5 12a10 10 0 0 1 4-2.4M2 8.5A15 15 0 0 1 7 5.7M12 4.7a15 15 0 0 1 10 3.8M15.8 9.8A10 10 0 0 1 19 12M12 19h.01",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  refund: "M9 7H4V2M4 7a9 9 0 1 1-1 6",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5",
  auto: "M12 21a9 9 0 1 0 0-18v18M12 3a9 9 0 0 1 0 18",
  leave: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
  table: "M4 5h16v14H4zM4 10h16M10 10v9",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  key: "M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 12h9M17 12v4M21 12v3",
} as const satisfies Readonly<Record<string, string>>;

export type IconName = keyof typeof drawings;

/** A drawing beside words; where it stands alone the control around it has the name. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={drawings[name]} />
    </svg>
  );
}
