// The version of this package; .ci/deb reads it from the programs.

/// The release of daemon, command and kit.
package enum Release {
  /// As `--version` prints it, and as the change log names it.
  package static let version = "0.1.0"
}
