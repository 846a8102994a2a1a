/** The mark: a viewfinder around a place. The same drawing as `public/favicon.svg`. */
export function Logo({ size }: { size: number }) {
  return <img src="/favicon.svg" width={size} height={size} alt="" />;
}
