import type { Claim } from './step.ts'

/** A claim of the first step. */
export function claim(name: string, title: string): Claim {
  return {
    id: `repository/${name}`,
    title,
    group: 'repository',
  }
}
