/**
 * Earlier suggestions of one document in a radix tree, by the text before the cursor for which they were made. A lookup
 * walks down the tree along the present text before the cursor, once. On the way it finds the suggestions that were made at
 * any earlier place in that text and that begin with what has been typed since.
 */
import { copySlice } from "../text/copySlice.ts";

export interface TrieEntry<T> {
  /** The length of the text before the cursor for which it was suggested. */
  readonly depth: number;
  /** The suggested text. */
  readonly text: string;
  readonly value: T;
}

export interface Found<T> {
  entry: TrieEntry<T>;
  /** What has been typed of it: a beginning of the entry's text. */
  typed: string;
}

interface Entry<T> extends TrieEntry<T> {
  /** Where it is stored. */
  node: Node<T>;
}

interface Node<T> {
  parent: Node<T> | undefined;
  /** The text on the way from the parent to this node. */
  edge: string;
  children: Map<string, Node<T>>;
  /** What was suggested after the text on the way from the root to this node, the newest last. */
  entries: Entry<T>[];
}

export class CompletionTrie<T> {
  readonly #root = nodeOf<T>(undefined, "");
  readonly #capacity: number;
  /** The least recently used first. */
  readonly #used = new Set<Entry<T>>();

  /** @param capacity the most suggestions that are kept. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#used.size;
  }

  /** Adds a suggestion. An equal text for the same prefix is replaced. */
  add(prefix: string, text: string, value: T): TrieEntry<T> {
    const node = this.#nodeFor(prefix);
    for (const other of node.entries.filter((entry) => entry.text === text)) this.#forget(other);
    const entry: Entry<T> = { depth: prefix.length, text, value, node };
    node.entries.push(entry);
    this.#used.add(entry);
    if (this.#used.size > this.#capacity) {
      const [oldest] = this.#used;
      if (oldest !== undefined) this.remove(oldest);
    }
    return entry;
  }

  /** All suggestions that agree with the text before the cursor: the latest place first, and there the newest first. */
  find(prefix: string): Found<T>[] {
    const found: Found<T>[] = [];
    let node = this.#root;
    let depth = 0;
    for (;;) {
      for (const entry of node.entries) {
        const length = prefix.length - depth;
        if (length <= entry.text.length && prefix.endsWith(entry.text.slice(0, length))) {
          found.unshift({ entry, typed: prefix.slice(depth) });
        }
      }
      const child = node.children.get(prefix.charAt(depth));
      if (child === undefined || !prefix.startsWith(child.edge, depth)) {
        return found;
      }
      node = child;
      depth += child.edge.length;
    }
  }

  /** Marks a suggestion as used. */
  touch(entry: TrieEntry<T>): void {
    const own = this.#own(entry);
    if (own !== undefined && this.#used.delete(own)) this.#used.add(own);
  }

  remove(entry: TrieEntry<T>): void {
    const own = this.#own(entry);
    if (own === undefined) return;
    this.#forget(own);
    prune(own.node);
  }

  /** Removes what was suggested after this prefix, because the text there has been deleted. */
  removeAfter(prefix: string): void {
    let node = this.#root;
    let depth = 0;
    while (depth < prefix.length) {
      const child = node.children.get(prefix.charAt(depth));
      if (child === undefined) return;
      if (!prefix.startsWith(child.edge, depth)) {
        if (child.edge.startsWith(prefix.slice(depth))) this.#drop(child);
        return;
      }
      node = child;
      depth += child.edge.length;
    }
    for (const child of [...node.children.values()]) this.#drop(child);
    prune(node);
  }

  #own(entry: TrieEntry<T>): Entry<T> | undefined {
    return this.#used.has(entry as Entry<T>) ? (entry as Entry<T>) : undefined;
  }

  #forget(entry: Entry<T>): void {
    this.#used.delete(entry);
    entry.node.entries = entry.node.entries.filter((other) => other !== entry);
  }

  #drop(node: Node<T>): void {
    node.parent?.children.delete(node.edge.charAt(0));
    for (const entry of node.entries) this.#used.delete(entry);
    for (const child of node.children.values()) this.#drop(child);
  }

  #nodeFor(prefix: string): Node<T> {
    let node = this.#root;
    let depth = 0;
    while (depth < prefix.length) {
      const child = node.children.get(prefix.charAt(depth));
      if (child === undefined) {
        return addChild(node, nodeOf(node, prefix.slice(depth)));
      }
      const common = commonLength(child.edge, prefix, depth);
      node = common < child.edge.length ? split(child, common) : child;
      depth += common;
    }
    return node;
  }
}

function nodeOf<T>(parent: Node<T> | undefined, edge: string): Node<T> {
  return { parent, edge: copySlice(edge), children: new Map(), entries: [] };
}

function addChild<T>(parent: Node<T>, child: Node<T>): Node<T> {
  parent.children.set(child.edge.charAt(0), child);
  return child;
}

/** Splits the edge above a node after this many characters by inserting another node. */
function split<T>(node: Node<T>, length: number): Node<T> {
  const middle = nodeOf(node.parent, node.edge.slice(0, length));
  if (node.parent !== undefined) addChild(node.parent, middle);
  node.edge = copySlice(node.edge.slice(length));
  node.parent = middle;
  addChild(middle, node);
  return middle;
}

/** Removes nodes that hold nothing any more, from this one upwards. */
function prune<T>(node: Node<T>): void {
  let at = node;
  while (at.parent !== undefined && at.entries.length === 0 && at.children.size === 0) {
    at.parent.children.delete(at.edge.charAt(0));
    at = at.parent;
  }
}

function commonLength(edge: string, text: string, from: number): number {
  let length = 0;
  while (length < edge.length && edge.charCodeAt(length) === text.charCodeAt(from + length)) length++;
  return length;
}
