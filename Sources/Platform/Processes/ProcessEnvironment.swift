// The environment of this process, for children that inherit most of it.

import Glibc

/// This process's environment.
public enum ProcessEnvironment {
  /// The value of a variable; nil if it is unset or empty.
  package static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
    return unsafe String(cString: value)
  }

  /// `NAME=value` for each variable whose name is accepted.
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
