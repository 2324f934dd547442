/**
 * What text is sorted by where nothing else is said: `bytes`, the same on every machine, or `supabase`, ICU's American English,
 * which the images of Supabase are set up with.
 */
export type Locale = 'bytes' | 'supabase'

/** What initdb is told of it. */
export function localeArguments(locale: Locale): string[] {
  // macOS has no C.UTF-8; C sorts the same.
  const bytes = `--locale=${process.platform === 'darwin' ? 'C' : 'C.UTF-8'}`
  return locale === 'bytes' ? [bytes] : [bytes, '--locale-provider=icu', '--icu-locale=en_US.UTF-8']
}
