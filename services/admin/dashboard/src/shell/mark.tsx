/** The mark of Holdfast: two posts and the line between them. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b5c50" />
      <path
        d="M10 7v18M22 7v18M10 16c4 0 4-4 6-4s2 4 6 4"
        fill="none"
        stroke="#d8f5ec"
        strokeWidth="3"
        strokeLinecap="round"
      />
    </svg>
  );
}
