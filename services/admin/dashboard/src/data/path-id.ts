import { useParams } from "wouter";

/** An id in the path as it was before it was written into the address: ids may hold "/" and "@". */
export function usePathId(name: string): string {
  const { [name]: text = "" } = useParams<Record<string, string>>();
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
