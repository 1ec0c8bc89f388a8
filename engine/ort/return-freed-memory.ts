// Hands memory that a closed session has freed back to the system.
import koffi from "koffi";

/**
 * glibc keeps freed blocks for later use; of a closed model that is hundreds of megabytes (malloc_trim(3)).
 * Other systems return them by themselves, or offer no such call.
 */
export function returnFreedMemory(): void {
  if (process.platform !== "linux") return;
  try {
    koffi.load("libc.so.6").func("malloc_trim", "int", ["size_t"])(0);
  } catch {
    // musl has no malloc_trim.
  }
}
