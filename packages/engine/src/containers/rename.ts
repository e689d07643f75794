/** `docker rename`. */
import type { Engine } from '../engine.ts';
import { badParameter, EngineError, messageOf } from '../errors.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';
import { validateName } from './validate.ts';

export function renameContainer(engine: Engine, container: Container, text: string): void {
  const name = text.replace(/^\//, '');
  if (name === '') throw badParameter('Neither old nor new names may be empty');
  const old = container.record.name;
  if (name === old) throw badParameter(`Renaming a container with the same name as its current name`);
  validateName(name);
  try {
    engine.containers.reserveName(name, container.id);
  } catch (error) {
    throw new EngineError('conflict', `Error when allocating new name: ${messageOf(error)}`, { cause: error });
  }
  container.update({ name });
  engine.containers.releaseName(old);
  containerEvent(engine, container, 'rename', { oldName: `/${old}` });
}
