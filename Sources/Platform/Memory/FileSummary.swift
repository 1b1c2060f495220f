// What this module asks of a file: its kind, size and unit of mapping. A snapshot, true only when
// taken unless the file is sealed.

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
    // Never zero, whatever a file system says: it is divided by.
    pageSize = max(file.granule, 1)
    links = file.links
    isRegular = file.is_regular != 0
  }
}
