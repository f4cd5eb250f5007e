/** The frame around all views: which view an address shows, and the navigation between them. */

import type { ViewSource } from '../../src/view/source.ts';
import { Navigation } from './frame/navigation.tsx';
import { useRoute } from './router.ts';
import { viewOf } from './views/index.ts';

export function App({ source }: { source: ViewSource }) {
  const route = useRoute();
  const View = viewOf(route.view);
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Navigation route={route} />
      <main id="content" tabIndex={-1}>
        <View key={route.run ?? ''} source={source} route={route} />
      </main>
    </>
  );
}
