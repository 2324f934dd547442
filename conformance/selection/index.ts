export {
  type Asked,
  EVERYTHING,
  type LeftOut,
  leftOut,
  projectsOf,
  type Scope,
  scopeOf,
  whyLeftOut,
} from './left-out.ts'
