// Metrics over HTTP for a collector: the text of GetMetrics on a Unix stream socket, one response per
// connection. Minimal HTTP/1.0: any GET returns the text, any other method 405.
//
// Limits: 16 concurrent connections, 4 KiB for a request, ten seconds for all of it; connections beyond these
// limits are closed. There is no TCP; use a proxy.

package import NDISManagementPlane
import NDISManagementInterface
package import NDISPlatform

/// Serves the metrics socket.
package final class MetricsSocket {
  private let listener: StreamSocket
  private let service: ManagementService
  private var clients: [UInt64: Client] = [:]
  private var nextToken = MetricsSocket.firstClient

  /// When to resume accepting, in monotonic milliseconds; nil while accepting.
  private var resumeAt: UInt64?

  /// This bit is set in the tokens of this socket, besides that of the management plane.
  static let bit: UInt64 = 1 << 62
  private static let listenerToken = ManagementSockets.bit | bit | 1
  private static let firstClient = ManagementSockets.bit | bit | 16
  private static let clientLimit = 16
  private static let requestLimit = 4096
  /// In milliseconds.
  private static let timeout: UInt64 = 10_000

  private final class Client {
    let socket: StreamSocket
    let end: UInt64
    var request: [UInt8] = []
    var answer: ArraySlice<UInt8>?

    init(_ socket: consuming StreamSocket, end: UInt64) {
      self.socket = socket
      self.end = end
    }
  }

  package init(listener: consuming StreamSocket, service: ManagementService) {
    self.listener = listener
    self.service = service
  }

  func watch(_ reactor: inout Reactor) throws(SystemError) {
    try reactor.add(listener.descriptor.raw, .readable, token: MetricsSocket.listenerToken)
  }

  /// When `turn` is due, in monotonic milliseconds.
  var deadline: UInt64? { (clients.values.map(\.end) + (resumeAt.map { [$0] } ?? [])).min() }

  func serve(_ event: Reactor.Ready, _ reactor: inout Reactor) {
    guard event.token != MetricsSocket.listenerToken else {
      accept(&reactor)
      return
    }
    guard let client = clients[event.token] else { return }
    if client.answer == nil, !read(client) { return drop(event.token, &reactor) }
    guard let answer = client.answer else { return }
    switch try? client.socket.write(answer) {
    case .bytes(let count) where count < answer.count: client.answer = answer.dropFirst(count)
    case .wouldBlock: break
    case .bytes, .closed, nil: return drop(event.token, &reactor)
    }
    let changed: Void? = try? reactor.modify(
      client.socket.descriptor.raw, .writable, token: event.token)
    if changed == nil { drop(event.token, &reactor) }
  }

  /// Closes connections that timed out, and resumes accepting.
  func turn(_ reactor: inout Reactor) {
    guard !clients.isEmpty || resumeAt != nil else { return }
    let now = MonotonicClock.milliseconds
    for (token, client) in clients where client.end <= now { drop(token, &reactor) }
    guard let at = resumeAt, at <= now else { return }
    resumeAt = (try? watch(&reactor)) == nil ? now + 100 : nil
  }

  private func accept(_ reactor: inout Reactor) {
    let socket: StreamSocket
    do throws(SystemError) {
      guard let next = try listener.accept() else { return }
      socket = next
    } catch {
      // No free descriptor: what remains is for drivers, and clients wait in the listen queue.
      try? reactor.remove(listener.descriptor.raw)
      resumeAt = MonotonicClock.milliseconds + 100
      return
    }
    guard clients.count < MetricsSocket.clientLimit else { return }
    let token = nextToken
    nextToken += 1
    let client = Client(socket, end: MonotonicClock.milliseconds + MetricsSocket.timeout)
    let added: Void? = try? reactor.add(client.socket.descriptor.raw, .readable, token: token)
    if added != nil { clients[token] = client }
  }

  /// Returns false if the connection is to be closed.
  private func read(_ client: Client) -> Bool {
    let room = MetricsSocket.requestLimit - client.request.count
    guard room > 0 else { return false }
    switch try? client.socket.read(appendingTo: &client.request, limit: room) {
    case .bytes: break
    case .wouldBlock: return true
    case .closed, nil: return false
    }
    let text = String(decoding: client.request, as: UTF8.self)
    guard text.contains("\r\n\r\n") || text.contains("\n\n") else { return true }
    client.answer = Array(answer(to: text).utf8)[...]
    return true
  }

  private func answer(to request: String) -> String {
    guard request.hasPrefix("GET ") else {
      return "HTTP/1.0 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n"
    }
    let text = service.metrics()
    return "HTTP/1.0 200 OK\r\n"
      + "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"
      + "Content-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n" + text
  }

  private func drop(_ token: UInt64, _ reactor: inout Reactor) {
    guard let client = clients.removeValue(forKey: token) else { return }
    try? reactor.remove(client.socket.descriptor.raw)
  }
}
