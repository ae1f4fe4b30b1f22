/** The product's mark. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path fill="#1f8bbd" d="M16 1.5 4 5.6v9.3c0 7.2 4.9 12.8 12 15.6 7.1-2.8 12-8.4 12-15.6V5.6z" />
      <path fill="#0b6a8f" d="M16 1.5v29c7.1-2.8 12-8.4 12-15.6V5.6z" />
      <path d="M9.2 10.2 16 23l6.8-12.8" fill="none" stroke="#fff" strokeWidth="2.6" strokeLinejoin="round" strokeLinecap="round" />
      <circle cx="16" cy="11.3" r="2.6" fill="#fff" />
    </svg>
  );
}
