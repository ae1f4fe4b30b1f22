import { Button, Field, Input, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiError, nextStep, post } from '../api/http';
import { Logo } from '../ui/Logo';
import { useTitle } from './session';
import styles from './SignIn.module.css';

/** Signs a local user in. People with a one-time link come in through the server and never see this page. */
export function SignIn({ onDone }: { onDone: () => void }) {
  useTitle('Sign in');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => post('/api/session', { name: name.trim(), password }),
    onSuccess: onDone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '' && password !== '') signIn.mutate();
  };
  return (
    <main className={styles.page}>
      <section className={styles.card} aria-labelledby="signin-title">
        <div className={styles.brand}>
          <Logo size={40} />
          <span>Vedette</span>
        </div>
        <h1 id="signin-title" className={styles.title}>
          Sign in
        </h1>
        <p className={styles.lead}>Your own security workspace for Microsoft Defender XDR.</p>
        <form onSubmit={submit} className={styles.form}>
          <Field label="User name" required>
            <Input name="name" autoComplete="username" autoFocus value={name} onChange={(_, d) => setName(d.value)} />
          </Field>
          <Field label="Password" required>
            <Input
              name="password"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(_, d) => setPassword(d.value)}
            />
          </Field>
          {signIn.isError && (
            <MessageBar intent="error" layout="multiline">
              <MessageBarBody>{failureText(signIn.error)}</MessageBarBody>
            </MessageBar>
          )}
          <Button type="submit" appearance="primary" size="large" disabled={signIn.isPending || name.trim() === '' || password === ''}>
            {signIn.isPending ? 'Signing in…' : 'Sign in'}
          </Button>
        </form>
        <p className={styles.hint}>
          No password yet? An owner makes you a one-time sign-in link with <code>vedette user add</code>.
        </p>
      </section>
    </main>
  );
}

function failureText(error: unknown): string {
  if (error instanceof ApiError && error.status === 401) {
    return 'User name or password is wrong. Check both, or ask an owner for a new one-time link.';
  }
  return `${error instanceof Error ? error.message : String(error)} ${nextStep(error)}`;
}
