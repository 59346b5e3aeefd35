// Browsers may refuse storage altogether (private windows, blocked cookies): every access may come back empty.

export function read<T>(key: string): T | undefined {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** False where storage is full or forbidden: the memory copy goes on. */
export function write(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // nothing was kept
  }
}

export function readCookie(name: string): string | undefined {
  const pair = document.cookie.split("; ").find((entry) => entry.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) || undefined;
}

/** Without `seconds` the cookie ends with the browser; with 0 it is removed. */
export function writeCookie(name: string, value: string, domain: string, seconds?: number): void {
  const age = seconds === undefined ? "" : `; Max-Age=${seconds}`;
  const where = domain === "" ? "" : `; Domain=${domain}`;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing from browsers that we serve
  document.cookie = `${name}=${value}; Path=/; SameSite=Lax${age}${where}${secure}`;
}
