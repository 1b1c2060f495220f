// A snapshot of a file's type, size and mapping unit. Only the size of a sealed file cannot change later.

import CNDISLinux

struct FileSummary {
  let size: UInt64
  let pageSize: UInt64
  let links: UInt64
  let isRegular: Bool

  init(_ descriptor: Int32) throws(SystemError) {
    var file = clinux_file()
    try SystemCall.run("fstat") { unsafe clinux_file_summary(descriptor, &file) }
    size = file.size
    // Never zero, whatever the file system reports: it is a divisor.
    pageSize = max(file.granule, 1)
    links = file.links
    isRegular = file.is_regular != 0
  }
}
