// The environment of this process, for children that are to have most of it.

import Glibc

/// This process's environment.
public enum ProcessEnvironment {
  /// `NAME=value` of the names that are wanted.
  public static func entries(where isWanted: (Substring) -> Bool) -> [String] {
    var entries: [String] = []
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      let text = unsafe String(cString: entry)
      if isWanted(text.prefix { $0 != "=" }) { entries.append(text) }
      unsafe next += 1
    }
    return entries
  }
}
