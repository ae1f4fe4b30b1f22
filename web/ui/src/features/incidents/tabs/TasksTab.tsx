import { Button, Checkbox, Field, Input } from '@fluentui/react-components';
import { AddRegular, DeleteRegular } from '@fluentui/react-icons';
import { type FormEvent, useState } from 'react';
import type { IncidentDetail, Task } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { Card } from '../../../ui/Page';
import { Ago } from '../../../ui/Time';
import styles from '../IncidentPage.module.css';
import { useTasks } from './useTasks';

/** What is to do for an incident. Tasks stay in this workspace. */
export function TasksTab({ incident, may }: { incident: IncidentDetail; may: boolean }) {
  const workspace = useWorkspace();
  const tasks = incident.tasks ?? [];
  const change = useTasks(workspace.name, incident.incidentNumber);
  const done = tasks.filter((t) => t.status === 'Completed').length;
  return (
    <Card title={tasks.length === 0 ? 'Tasks' : `Tasks (${done} of ${tasks.length} done)`}>
      {tasks.length === 0 && <p className="muted">Nothing to do yet. Tasks stay in this workspace; Defender does not see them.</p>}
      <ul className={styles.tasks}>
        {tasks.map((task) => (
          <TaskRow key={task.name} task={task} may={may} onTick={(on) => change.mutate({ act: 'tick', task: task.name, done: on })} onRemove={() => change.mutate({ act: 'remove', task: task.name })} />
        ))}
      </ul>
      {may && <NewTask busy={change.isPending} onAdd={(title, description, ok) => change.mutate({ act: 'add', title, description }, { onSuccess: ok })} />}
    </Card>
  );
}

function TaskRow({ task, may, onTick, onRemove }: { task: Task; may: boolean; onTick: (on: boolean) => void; onRemove: () => void }) {
  return (
    <li>
      <Checkbox checked={task.status === 'Completed'} disabled={!may} label={<span className={task.status === 'Completed' ? styles.doneTask : undefined}>{task.title}</span>} onChange={(_, d) => onTick(d.checked === true)} />
      <div className={styles.taskText}>
        {task.description && <p>{task.description}</p>}
        <span className="muted">
          {task.createdBy} · <Ago value={task.createdTimeUtc} />
          {task.status === 'Completed' && task.modifiedBy && ` · done by ${task.modifiedBy}`}
        </span>
      </div>
      {may && <Button appearance="subtle" size="small" icon={<DeleteRegular />} aria-label={`Remove the task ${task.title}`} onClick={onRemove} />}
    </li>
  );
}

function NewTask({ busy, onAdd }: { busy: boolean; onAdd: (title: string, description: string, ok: () => void) => void }) {
  const [title, setTitle] = useState('');
  const [description, setDescription] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (title.trim() === '') return;
    onAdd(title.trim(), description.trim(), () => {
      setTitle('');
      setDescription('');
    });
  };
  return (
    <form className={styles.newTask} onSubmit={submit}>
      <Field label="New task">
        <Input value={title} maxLength={150} onChange={(_, d) => setTitle(d.value)} />
      </Field>
      <Field label="Description">
        <Input value={description} maxLength={3000} onChange={(_, d) => setDescription(d.value)} />
      </Field>
      <Button type="submit" icon={<AddRegular />} disabled={busy || title.trim() === ''}>
        Add task
      </Button>
    </form>
  );
}
