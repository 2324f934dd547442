export {
  type Asked,
  EVERYTHING,
  type LeftOut,
  leftOut,
  projectsOf,
  type Scope,
  scopeOf,
  specsNamed,
  whyLeftOut,
} from './left-out.ts'
