/**
 * How many elements at the beginning of a list meet a condition. The list is searched by halves, so that after the first
 * element that does not meet it, none may.
 */
export function partitionPoint<Element>(list: ArrayLike<Element>, meets: (element: Element) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (meets(list[middle] as Element)) low = middle + 1;
    else high = middle;
  }
  return low;
}
