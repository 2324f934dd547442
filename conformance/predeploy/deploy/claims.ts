/** What a deploy claims, in the order in which it is tried. */
import type { Claim } from '../step.ts'

const claim = (name: string, title: string): Claim => ({ id: `deploy/${name}`, title, group: 'deploy' })

export const CLAIMS = {
  fresh: claim('plan', 'the plan is not stale'),
  files: claim('files', 'the files are those of the plan'),
  alone: claim('alone', 'no other deploy or push is at work'),
  target: claim('target', 'the target is as the plan has it'),
  lockTimeout: claim('lock-timeout', 'the target takes lock_timeout'),
  push: claim('push', 'every pending file is applied'),
  verified: claim('verified', 'the target is what the files make of it'),
} as const
