import {
  Link,
  Toast,
  ToastBody,
  Toaster,
  ToastFooter,
  ToastTitle,
  type ToastIntent,
  useToastController,
} from '@fluentui/react-components';
import { useMemo } from 'react';
import { ApiError, nextStep } from '../api/http';

const toasterId = 'app';

interface Action {
  label: string;
  run: () => void;
}

/** Where toasts appear; rendered once. */
export function AppToaster() {
  return <Toaster toasterId={toasterId} position="bottom-end" limit={4} />;
}

/** Short messages about what just happened. */
export function useToasts() {
  const { dispatchToast } = useToastController(toasterId);
  return useMemo(() => {
    const show = (intent: ToastIntent, title: string, body?: string, action?: Action) =>
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          {body && <ToastBody>{body}</ToastBody>}
          {action && (
            <ToastFooter>
              <Link onClick={action.run}>{action.label}</Link>
            </ToastFooter>
          )}
        </Toast>,
        { intent, timeout: intent === 'error' ? 12_000 : action ? 9_000 : 4_000, pauseOnHover: true, pauseOnWindowBlur: true },
      );
    return {
      success: (title: string, body?: string, action?: Action) => show('success', title, body, action),
      info: (title: string, body?: string, action?: Action) => show('info', title, body, action),
      warning: (title: string, body?: string, action?: Action) => show('warning', title, body, action),
      failure: (title: string, error: unknown, action?: Action) => show('error', title, errorText(error), action),
    };
  }, [dispatchToast]);
}

/** An error in one line: message, what next, code. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ApiError ? ` (${error.code})` : '';
  return `${message} ${nextStep(error)}${code}`;
}
