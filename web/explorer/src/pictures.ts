/** A drawing that a response points to. */
export interface Picture {
  /** Where in the response it was found, such as `patient.ecgStrips.edges.0.node.imageUrl`. */
  readonly path: string;
  readonly url: string;
}

const FIELD = /^(image|\w+Image)Url$/;
const MOST = 50;

function isDrawable(value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  try {
    return ["http:", "https:"].includes(new URL(value, window.location.href).protocol);
  } catch {
    return false;
  }
}

/** Finds every picture link in the text of a response, in reading order, at most fifty. */
export function picturesIn(response: string): readonly Picture[] {
  const found: Picture[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== "object" || value === null || found.length >= MOST) return;
    for (const [key, child] of Object.entries(value)) {
      const here = [...path, key];
      if (FIELD.test(key) && isDrawable(child)) found.push({ path: here.join("."), url: child });
      else visit(child, here);
    }
  };
  visit((JSON.parse(response) as { data?: unknown } | null)?.data, []);
  return found;
}
