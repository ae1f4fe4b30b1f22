import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/http';
import { sessionQuery } from './api/resources';
import { createAppRouter } from './app/router';
import { ThemeRoot } from './app/theme';
import { AppToaster } from './ui/toast';
import './ui/global.css';

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // An answer that will not change by asking again is shown at once.
      retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
      refetchOnWindowFocus: true,
    },
  },
});

// A session that ends while people work leads to the sign-in page, over whatever page they are on.
queryClient.getQueryCache().config.onError = endSession;
queryClient.getMutationCache().config.onError = endSession;
function endSession(error: unknown) {
  if (error instanceof ApiError && error.status === 401) queryClient.setQueryData(sessionQuery.queryKey, null);
}

const router = createAppRouter();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <ThemeRoot>
        <RouterProvider router={router} />
        <AppToaster />
      </ThemeRoot>
    </QueryClientProvider>
  </StrictMode>,
);
