// Management of hosted miniports: they are added with the same checks as configured ones, removed as NDIS
// documents it, and generate receive frames on request.

import NDISDriverPlane
import NDISEvents
import NDISHostedDrivers
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

extension ManagementService {
  // MARK: Add and remove

  func add(
    _ miniport: Interface.HostedMiniport, timeoutMs: Int?
  ) throws(ManagementFailure) -> AdapterAnswer {
    let settings = try checked(miniport)
    return try AdapterAnswer(
      miniport.name, timeoutMs: timeoutMs, self,
      output: { Interface.AddMiniport.Output(handle: $0, state: $1).json },
      begin: { service throws(ManagementFailure) in
        let session: UInt32
        do throws(Failure) {
          session = try service.switchboard.addMiniport(settings)
        } catch { throw service.refused(error) }
        return { service throws(ManagementFailure) in
          let listing = service.switchboard.miniports.first { $0.session == session }
          let lost = service.switchboard.failure(ofRemovedMiniport: session)
          if let failure = listing == nil
            ? lost ?? Failure(.failure, .ownerEnded) : listing?.failure
          {
            throw service.refused(failure)
          }
          return service.standing(listing?.adapter ?? .null) { _ in listing?.isUp == true }
        }
      })
  }

  func removeMiniport(
    _ name: String, timeoutMs: Int?
  ) throws(ManagementFailure) -> AdapterAnswer {
    try AdapterAnswer(
      name, timeoutMs: timeoutMs, self,
      output: { Interface.RemoveMiniport.Output(handle: $0, state: $1).json },
      begin: { service throws(ManagementFailure) in
        guard
          let one = service.switchboard.miniports.first(where: { $0.settings.name == name })
        else {
          let isElsewhere = !service.objects("adapter:" + name).isEmpty
          throw ManagementFailure(
            Interface.NoSuchObject(
              object: name,
              message: isElsewhere
                ? "The adapter \(quoted(name)) belongs to a process; it is halted, not removed."
                : "No hosted miniport is called \(quoted(name))."))
        }
        do throws(Failure) { try service.switchboard.removeMiniport(name) } catch {
          throw service.refused(error)
        }
        return { service throws(ManagementFailure) in
          var standing = service.standing(one.adapter) { _ in false }
          standing.isDone = !service.switchboard.miniports.contains { $0.session == one.session }
          return standing
        }
      })
  }

  /// The same checks that a configured miniport goes through.
  private func checked(
    _ miniport: Interface.HostedMiniport
  ) throws(ManagementFailure) -> VMQSettings {
    func refuse(_ rule: String, _ sentence: String) -> ManagementFailure {
      ManagementFailure(
        Interface.Refused(
          status: "\(Status.invalidParameter)", rule: rule, message: sentence))
    }
    func number(
      _ value: Int?, _ name: String, _ range: ClosedRange<UInt32>, _ usual: UInt32
    ) throws(ManagementFailure) -> UInt32 {
      guard let value else { return usual }
      guard let number = UInt32(exactly: value), range.contains(number) else {
        throw refuse(
          name, "\(name) is \(value); it must be \(range.lowerBound) to \(range.upperBound).")
      }
      return number
    }
    let name = miniport.name
    guard !name.isEmpty, "\(Name(name))" == name, singleLine(name) == name else {
      throw refuse(
        "badName", "The name \(quoted(name)) is not 1 to 31 bytes without control characters.")
    }
    let most = ManagementService.maximumMiniports
    guard switchboard.miniports.count < most else {
      throw ManagementFailure(
        Interface.Refused(
          status: "\(Status.resources)", rule: "tooManyMiniports",
          message: "There are \(most) hosted miniports already; remove one of them first."))
    }
    var settings = VMQSettings(name: name)
    let queues = VMQSettings.maximumQueues
    settings.queues = try number(miniport.queues, "queues", 1...queues, settings.queues)
    settings.vports = try number(miniport.vports, "vports", 0...queues, settings.vports)
    settings.frameLength = try number(
      miniport.frameLength, "frameLength", GeneratedFrame.lengths, settings.frameLength)
    settings.queueMemory = try number(
      miniport.queueMemory, "queueMemory", 4096...16 << 20, settings.queueMemory)
    settings.framesPerSecond = try number(
      miniport.framesPerSecond, "framesPerSecond", 0...1_000_000, settings.framesPerSecond)
    if let version = miniport.ndisVersion {
      guard let known = VMQSettings.versions.first(where: { "\($0)" == version }) else {
        let all = VMQSettings.versions.map { "\($0)" }.joined(separator: ", ")
        throw refuse(
          "ndisVersion", "ndisVersion is \(quoted(version)); it must be one of \(all).")
      }
      settings.version = known
    }
    if let pends = miniport.pends {
      guard let known = VMQSettings.Pends(rawValue: pends) else {
        throw refuse("pends", "pends is \(quoted(pends)); it must be never, queues or always.")
      }
      settings.pends = known
    }
    guard settings.vports == 0 || settings.version >= .vports else {
      throw refuse("vports", "VPorts came with NDIS 6.30, and ndisVersion is \(settings.version).")
    }
    guard settings.queueMemory >= settings.leastMemory else {
      throw refuse(
        "queueMemory",
        "queueMemory is \(settings.queueMemory), which holds fewer than 8 frames of "
          + "\(settings.frameLength) bytes; \(settings.leastMemory) is the least.")
    }
    return settings
  }

  /// Enough for any test.
  static let maximumMiniports = 64

  // MARK: Frames

  func generate(
    _ input: Interface.Generate.Input
  ) throws(ManagementFailure) -> Interface.Generate.Output {
    let handle = try adapter(input.adapter)
    guard let miniport = switchboard.hostedMiniport(of: handle) else {
      throw ManagementFailure(
        Interface.Refused(
          status: "\(Status.notSupported)", rule: "notHosted",
          message: "\(quoted(input.adapter)) is a process's adapter; only hosted ones make frames.")
      )
    }
    let hasVPorts = miniport.vports > 0
    guard (hasVPorts ? input.queueId : input.vportId) == nil else {
      throw ManagementFailure(
        Interface.Refused(
          status: "\(Status.invalidParameter)", rule: hasVPorts ? "queueUnknown" : "vportUnknown",
          message: hasVPorts
            ? "\(quoted(input.adapter)) has VPorts instead of VM queues; name one of those."
            : "\(quoted(input.adapter)) has VM queues and no VPorts; name one of those."))
    }
    let place = try number(
      hasVPorts ? input.vportId : input.queueId, hasVPorts ? "vportId" : "queueId")
    let count = input.count ?? 1
    guard (1...ManagementService.maximumFrames).contains(count) else { throw .invalid("count") }
    let length = try number(input.length, "length")
    guard length != 0 else { throw .invalid("length") }
    do throws(Failure) {
      let frames = try switchboard.generate(
        adapter: miniport.name, queue: place ?? 0, count: UInt32(clamping: count),
        length: length ?? 0)
      return Interface.Generate.Output(
        indicated: Int(clamping: frames.indicated), dropped: Int(clamping: frames.dropped))
    } catch {
      guard error.reason == .queueState else { throw refused(error) }
      let state = standing(handle) { _ in false }.state
      throw ManagementFailure(
        Interface.Refused(
          status: "\(error.status)", rule: error.reason.rule,
          message:
            "Nothing reaches number \(place ?? 0) of an adapter that is \(state): the adapter "
            + "must be Running, and what is no default queue or VPort needs a filter, and its memory."
        ))
    }
  }

  /// The number of lists one queue can have outstanding, which one turn of the daemon handles.
  static let maximumFrames = 1024
}
