/** Limits of nesting and of a title (UTF-16 code units): every block and chunk repeats the whole path. */
const MAX_DEPTH = 32
const MAX_TITLE_CHARACTERS = 500

/** Tracks the open sections while reading: a heading closes those of its level and below. */
export function createSections() {
  const open: { level: number; title: string }[] = []
  return {
    /** Titles of the open sections, outermost first. */
    path: (): string[] => open.map(({ title }) => title),
    /** Enters a section and returns the path of its heading, without its own title. */
    enter(level: number, title: string): string[] {
      while ((open.at(-1)?.level ?? 0) >= level) open.pop()
      const around = open.map((section) => section.title)
      if (title !== '' && open.length < MAX_DEPTH)
        open.push({ level, title: title.slice(0, MAX_TITLE_CHARACTERS) })
      return around
    },
  }
}
