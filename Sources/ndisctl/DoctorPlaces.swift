import ArgumentParser
import NDISDriverKit
import Glibc
struct DoctorPlaces: ParsableArguments {
  @Option(help: "The daemon's management socket; searched for by default.")
  var socket: String?
  var places: (driver: String?, management: String?) { (SocketPath.find(), socket) }
}
extension DoctorFacts { static func askManagement(_ path: String) -> Daemon { Daemon() } }
