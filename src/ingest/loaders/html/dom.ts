/** The part of the DOM that the HTML loader uses; TypeScript's own DOM types would let server code touch `window`. */

export interface DomNode {
  readonly nodeType: number
  readonly nodeName: string
  readonly nodeValue: string | null
  readonly textContent: string | null
  readonly firstChild: DomNode | null
  readonly nextSibling: DomNode | null
  readonly parentNode: DomNode | null
  remove: () => void
}

interface Selectable extends DomNode {
  querySelector: (selectors: string) => DomElement | null
  querySelectorAll: (selectors: string) => ArrayLike<DomElement> & Iterable<DomElement>
}

export interface DomElement extends Selectable {
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>
  getAttribute: (name: string) => string | null
  removeAttribute: (name: string) => void
  closest: (selectors: string) => DomElement | null
}

/** Walk its children rather than `body`: pages omit tags, and text may follow `</html>`. */
export interface DomDocument extends Selectable {}
