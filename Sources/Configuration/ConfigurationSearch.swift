// Finds the configuration files. Directories are ordered by priority, as in systemd: ndissimd.toml is read
// only from the directory with the highest priority that contains it; the drop-ins ndissimd.toml.d/*.toml of
// all directories are read in the order of their names, and of two with the same name the one with the higher
// priority. An empty file, or a link to /dev/null, masks one with lower priority. `--config FILE` replaces
// the search; FILE.d/*.toml are its drop-ins. All files are optional.
//
// Only regular files and /dev/null are read, at most 1 MiB each, so that a reload cannot hang.

import Glibc

/// The search path of configuration files.
public struct ConfigurationSearch: Sendable, Hashable {
  /// Lowest priority first.
  public var directories: [String]
  /// Instead of the search.
  public var file: String?

  /// The name in each directory.
  public static let fileName = "ndissimd.toml"

  public init(directories: [String], file: String? = nil) {
    self.directories = directories
    self.file = file
  }

  /// Vendor, administrator, and the directories in $CONFIGURATION_DIRECTORY.
  ///
  /// - Parameter configurationDirectory: that variable's value; several are separated by colons.
  public static func standard(
    file: String? = nil, configurationDirectory: String? = nil
  ) -> ConfigurationSearch {
    var directories = ["/usr/lib/ndissim", "/etc/ndissim"]
    for part in (configurationDirectory ?? "").split(separator: ":") {
      let directory = String(part)
      directories.removeAll { $0 == directory }
      directories.append(directory)
    }
    return ConfigurationSearch(directories: directories, file: file)
  }

  /// Reads the existing files, in the order in which they apply.
  ///
  /// - Throws: a problem for each file that cannot be read.
  public func read() throws(ConfigurationProblems) -> [ConfigurationFile] {
    var problems = ConfigurationProblems()
    var paths: [String] = []
    var dropIns: [String: String] = [:]
    if let file {
      paths = [file]
      collect(file + ".d", &dropIns, &problems)
    } else {
      let candidates = directories.map { "\($0)/\(ConfigurationSearch.fileName)" }
      if let found = candidates.last(where: { exists($0) }) { paths = [found] }
      for candidate in candidates { collect(candidate + ".d", &dropIns, &problems) }
    }
    paths += dropIns.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    var files: [ConfigurationFile] = []
    for path in paths {
      do throws(ConfigurationProblem) {
        files.append(ConfigurationFile(path: path, bytes: try contents(path)))
      } catch { problems.add(error) }
    }
    guard problems.isEmpty else { throw problems }
    return files
  }

  /// Drop-ins of one directory over those of lower priority, by name.
  private func collect(
    _ directory: String, _ found: inout [String: String], _ problems: inout ConfigurationProblems
  ) {
    guard let stream = unsafe opendir(directory) else {
      if errno != ENOENT, errno != ENOTDIR {
        problems.add(failure(directory, "the directory cannot be read"))
      }
      return
    }
    defer { unsafe closedir(stream) }
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      // Hidden files are temporary files of editors and package managers.
      guard name.hasSuffix(".toml"), !name.hasPrefix(".") else { continue }
      guard found.count < 1024 else {
        problems.add(
          .file(path: directory, line: 0, column: 0), "", "there are more than 1024 drop-in files")
        return
      }
      found[name] = "\(directory)/\(name)"
    }
  }

  private func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  private func contents(_ path: String) throws(ConfigurationProblem) -> [UInt8] {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else { throw failure(path, "the file cannot be read") }
    defer { _ = close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw failure(path, "the file cannot be read") }
    let isNull = status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == ConfigurationSearch.null
    if isNull { return [] }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ConfigurationProblem(
        .file(path: path, line: 0, column: 0), "", "this is not a regular file")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= ConfigurationSearch.maximumSize {
      let count = unsafe Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, "the file cannot be read") }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    // One byte above the limit is enough for the parser to reject it.
    return bytes
  }

  private func failure(_ path: String, _ what: String) -> ConfigurationProblem {
    let reason = unsafe String(cString: strerror(errno))
    return ConfigurationProblem(
      .file(path: path, line: 0, column: 0), "", "\(what): \(reason)")
  }

  /// Device 1:3.
  private static let null: dev_t = 0x103
  private static let maximumSize = 1 << 20
}
