/** A gate over running water. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <rect x="3" y="3" width="26" height="26" rx="8" className="logo-ground" />
      <path d="M10 8v9M22 8v9M10 12h12" className="logo-gate" />
      <path d="M7 22c2.2-2 4.3-2 6.5 0s4.3 2 6.5 0 3.8-1.9 5-1" className="logo-water" />
    </svg>
  );
}
