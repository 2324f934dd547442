import { asText } from '../../engines/index.ts'
import { type Typed, typed } from '../value.ts'
import type { PgtapArgument } from './overloads.ts'

/** An argument of any type as a value of ours. */
export function typedOf({ type, value }: PgtapArgument): Typed {
  return typed(type, asText(value))
}
