// A mark that a crash leaves, where the next process can see it.

import CNDISLinux

/// Marks crashes of this process.
public enum CrashMark {
  /// From now on a signal that means a crash writes 1 to the word first. The word must stay mapped; a second call
  /// names another one.
  public static func set(_ word: UnsafeMutablePointer<UInt64>) {
    // Without it a crash looks like a kill, and what crashed is tried again: no reason not to start.
    _ = unsafe clinux_mark_crash(word)
  }

  /// From now on a crash leaves no mark; before the word is unmapped.
  public static func clear() { _ = clinux_mark_crash(nil) }
}
