// A crash marker that the next process can read.

import CNDISLinux

/// Marks crashes of this process.
public enum CrashMark {
  /// From now on a fatal signal writes 1 to the word first. The word must stay mapped; a second call replaces
  /// it.
  public static func set(_ word: UnsafeMutablePointer<UInt64>) {
    // Without it a crash looks like a kill, and the request that crashed is retried: not a reason to fail.
    _ = unsafe clinux_mark_crash(word)
  }

  /// Removes the marker; call this before the word is unmapped.
  public static func clear() { _ = clinux_mark_crash(nil) }
}
