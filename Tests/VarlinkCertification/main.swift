// ndissim-varlink-certification serve PATH: serves org.varlink.certification until it is killed.
// ndissim-varlink-certification run PATH: runs the certification as a client.
//
// PATH may be written as a Varlink address, `unix:PATH`.

import Glibc
import NDISPlatform
import NDISVarlink

let arguments = CommandLine.arguments
guard arguments.count == 3, ["serve", "run"].contains(arguments[1]) else {
  print("usage: ndissim-varlink-certification serve|run PATH")
  exit(2)
}
let path = arguments[2].hasPrefix("unix:") ? String(arguments[2].dropFirst(5)) : arguments[2]
do {
  if arguments[1] == "run" {
    try certify(path)
    print("Certification passed")
  } else {
    let certification = CertificationServer()
    let host = try SocketHost(
      listener: try StreamSocket.listener(path: path), server: try certification.makeServer())
    print("Listening on \(path)")
    fflush(nil)
    try host.run()
  }
} catch {
  print("ndissim-varlink-certification: \(error)")
  exit(1)
}
