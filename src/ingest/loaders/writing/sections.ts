/** Sections inside each other, and UTF-16 code units of a title: every block and chunk repeats them all. */
const MAX_DEPTH = 32
const MAX_TITLE_CHARACTERS = 500

/** The titles around what is being read: a heading closes the sections of its level and below. */
export function createSections() {
  const open: { level: number; title: string }[] = []
  return {
    /** Path of what follows the last heading, outermost first. */
    path: (): string[] => open.map(({ title }) => title),
    /** Enters a section and returns the path of its heading, which does not hold its own title. */
    enter(level: number, title: string): string[] {
      while ((open.at(-1)?.level ?? 0) >= level) open.pop()
      const around = open.map((section) => section.title)
      if (title !== '' && open.length < MAX_DEPTH)
        open.push({ level, title: title.slice(0, MAX_TITLE_CHARACTERS) })
      return around
    },
  }
}
