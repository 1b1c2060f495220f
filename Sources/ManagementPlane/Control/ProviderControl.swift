// Run-time changes of hosted providers, expected violations and the log level. The configuration is in
// Reload.

import NDISDriverPlane
import NDISEvents
import NDISHostedDrivers
import NDISManagementInterface
import NDIS
import NDISSimulator

extension ManagementService {
  func addProvider(
    _ provider: Interface.HostedProvider
  ) throws(ManagementFailure) -> Interface.Provider {
    let settings = try checked(provider)
    let index: UInt32
    do throws(Failure) { index = try switchboard.add(settings) } catch { throw refused(error) }
    var budget = Int.max
    return switchboard.providerValue(index, budget: &budget)
  }

  func removeProvider(_ name: String) throws(ManagementFailure) -> Interface.Provider {
    guard let number = switchboard.activePool(named: name),
      let index = switchboard.simulator.hostedRegistration(number, isActive: true)
    else {
      throw ManagementFailure(
        Interface.NoSuchObject(
          object: name, message: "No hosted provider is called \(quoted(name))."))
    }
    // Read first: a provider without blocks is removed immediately.
    var budget = Int.max
    var value = switchboard.providerValue(index, budget: &budget)
    do throws(Failure) { try switchboard.remove(hosted: number) } catch { throw refused(error) }
    value.state = "ended"
    return value
  }

  /// The same checks that a configured pool goes through.
  private func checked(
    _ provider: Interface.HostedProvider
  ) throws(ManagementFailure) -> PoolSettings {
    func refuse(_ rule: String, _ sentence: String) -> ManagementFailure {
      ManagementFailure(
        Interface.Refused(
          status: "\(Status.invalidParameter)", rule: rule, message: sentence))
    }
    let name = provider.name
    guard !name.isEmpty, "\(Name(name))" == name, singleLine(name) == name else {
      throw refuse(
        "badName", "The name \(quoted(name)) is not 1 to 31 bytes without control characters.")
    }
    guard !switchboard.activePools.contains(where: { $0.name == name }) else {
      throw refuse("nameTaken", "A hosted provider is called \(quoted(name)) already.")
    }
    let nodes = provider.nodes ?? 1
    guard (1...64).contains(nodes) else {
      throw refuse("nodes", "nodes is \(nodes); it must be 1 to 64.")
    }
    let pageSize = provider.pageSize ?? 4096
    guard pageSize == 4096 || pageSize == 2 << 20 else {
      throw refuse("pageSize", "pageSize is \(pageSize); it must be 4096 or 2097152.")
    }
    let capacity = provider.capacity
    guard capacity >= pageSize, capacity % pageSize == 0, capacity <= 8 << 30 else {
      throw refuse(
        "capacity",
        "capacity is \(capacity); it must be whole pages of \(pageSize) bytes, up to 8589934592.")
    }
    guard let fill = Fill(rawValue: provider.fill ?? "none") else {
      throw refuse(
        "fill", "fill is \(quoted(provider.fill ?? "")); it must be none, zero or poison.")
    }
    guard fill == .none || capacity <= 1 << 30 else {
      throw refuse(
        "fill", "fill needs a capacity up to 1073741824; the daemon writes every page itself.")
    }
    guard fill == .none || pageSize == 4096 else {
      throw refuse("fill", "fill needs pages of 4096 bytes; the daemon cannot write huge ones.")
    }
    guard let seed = UInt64(exactly: provider.fragmentSeed ?? 0) else {
      throw refuse("fragmentSeed", "fragmentSeed is negative.")
    }
    return PoolSettings(
      name: name, level: .pool, capacity: UInt64(capacity), nodes: UInt32(nodes),
      pageSize: UInt32(pageSize), hugePages: pageSize != 4096, fill: fill,
      fragmentationSeed: seed)
  }

  func refused(_ failure: Failure) -> ManagementFailure {
    ManagementFailure(
      Interface.Refused(
        status: "\(failure.status)", rule: failure.reason.rule, message: failure.sentence))
  }

  func expect(_ code: String, _ times: Int) throws(ManagementFailure) {
    guard ViolationBook.isCode(code) else { throw .invalid("code") }
    guard let times = UInt64(exactly: times) else { throw .invalid("times") }
    guard recorder.violations.expect(code, times: times) else {
      throw ManagementFailure(
        Interface.Refused(
          status: "\(Status.resources)", rule: "tooManyCodes",
          message: "\(ViolationBook.limit) codes are declared already; forget them first."))
    }
  }

  /// A syslog level, 0 (emergency) to 7 (debug). The most severe level that NDIS uses is 3.
  func setLogLevel(_ level: Int) throws(ManagementFailure) {
    guard (0...7).contains(level) else { throw .invalid("level") }
    let priority = Priority(rawValue: UInt8(max(3, level))) ?? .info
    logLevel = priority
    host.setMinimumPriority(priority)
  }
}
