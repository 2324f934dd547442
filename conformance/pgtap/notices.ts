/** Claims on what a statement says besides its answer, which pgTAP cannot hear. */
import type { Notice, Session } from '../engines/index.ts'
import { ask, type Query } from './query.ts'
import { sameText, type Verdict } from './verdict.ts'

/**
 * The statement raises just these notices, in this order: their messages, whatever their severity.
 *
 * @example
 * await as(owner)`select zoo.feed(1, 'fish')`.raisesNotices(['fed 1 with {fish}'])
 */
export async function raisesNotices(
  session: Session,
  query: Query,
  messages: readonly string[],
  description = messages.length === 0 ? 'raises no notice' : 'raises the notices',
): Promise<Verdict> {
  const heard: Notice[] = []
  const stop = session.onNotice((notice) => heard.push(notice))
  try {
    await ask(session, query)
  } finally {
    stop()
  }
  return sameText(description, heard.map(({ message }) => message).join('\n'), messages.join('\n'))
}
