/** The frame around all views: which view an address shows, and the navigation between them. */

import { useEffect, useRef } from 'preact/hooks';
import type { ViewSource } from '../../src/view/source.ts';
import { Navigation, viewTitle } from './frame/navigation.tsx';
import { Notes } from './frame/notes.tsx';
import { useRoute } from './router.ts';
import { viewOf } from './views/index.ts';

export function App({ source }: { source: ViewSource }) {
  const route = useRoute();
  const content = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = [viewTitle(route.view), route.run, 'rzero'].filter((part) => part !== null).join(' · ');
    // A screen reader hears of the new view, and the keyboard goes on inside it.
    if (!isFirst.current) content.current?.focus({ preventScroll: true });
    if (!isFirst.current) window.scrollTo(0, 0);
    isFirst.current = false;
  }, [route.view, route.run, route.item]);
  const View = viewOf(route.view);
  return (
    <>
      <button type="button" class="skip" onClick={() => content.current?.focus()}>
        Skip to the content
      </button>
      <Navigation route={route} />
      <Notes source={source} run={route.run} />
      <main ref={content} tabIndex={-1} aria-label={viewTitle(route.view)}>
        <View key={route.run ?? ''} source={source} route={route} />
      </main>
    </>
  );
}
