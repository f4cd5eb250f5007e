import { useEffect, useState } from 'preact/hooks';

const NARROW = '(max-width: 52rem)';

/** Returns whether the page is as narrow as on a phone, and draws again when that changes. */
export function useNarrow(): boolean {
  const [isNarrow, setIsNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const onChange = (): void => setIsNarrow(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return isNarrow;
}
