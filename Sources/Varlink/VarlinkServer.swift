// What a service offers: interfaces by name, and for each method who answers it. It has no sockets:
// a VarlinkConnection for each client asks it, and the host moves the bytes. Everything happens on
// the one thread of the host.

/// The interfaces of a service and their handlers.
public final class VarlinkServer {
  /// Answers a call, now or later; see `VarlinkCall`.
  public typealias Handler = (VarlinkCall) -> Void

  /// Why something could not be registered.
  public struct RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// A method and what it takes to call it.
  struct Method {
    let input: [InterfaceDescription.Field]
    var handler: Handler?
    var needsMore = false
  }

  /// An interface that is served.
  struct Interface {
    let text: String
    let check: InterfaceCheck
    var methods: [String: Method]
  }

  private(set) var interfaces: [String: Interface] = [:]
  private var names: [String] = []

  /// A server that has `org.varlink.service` and nothing else yet.
  ///
  /// - Parameter information: what `GetInfo` answers; its list of interfaces is filled in.
  public init(_ information: VarlinkService.Information) throws(RegistryError) {
    try add(VarlinkService.description)
    try on(VarlinkService.GetInfo.self) { [unowned self] call in
      var answer = information
      answer.interfaces = names
      call.reply(answer)
    }
    try on(VarlinkService.GetInterfaceDescription.self) { [unowned self] call in
      guard let interface = interfaces[call.input.interface] else {
        call.fail(VarlinkService.InterfaceNotFound(interface: call.input.interface))
        return
      }
      call.reply(.init(description: interface.text))
    }
  }

  /// Adds an interface. Its methods answer MethodNotImplemented until they get a handler.
  public func add(_ description: String) throws(RegistryError) {
    let interface: InterfaceDescription
    do throws(InterfaceError) { interface = try InterfaceDescription(parsing: description) } catch {
      throw RegistryError(description: "the description of an interface: \(error)")
    }
    guard interfaces[interface.name] == nil else {
      throw RegistryError(description: "\(interface.name) is served already")
    }
    var methods: [String: Method] = [:]
    for member in interface.members {
      guard case .method(let input, _) = member.kind else { continue }
      methods[member.name] = Method(input: input)
    }
    interfaces[interface.name] = Interface(
      text: description, check: InterfaceCheck(interface), methods: methods)
    names.append(interface.name)
  }

  /// Sets who answers a method, by its full name.
  ///
  /// - Parameter needsMore: a call without `more` gets ExpectedMore and does not reach the handler.
  public func on(
    _ name: String, needsMore: Bool = false, _ handler: @escaping Handler
  ) throws(RegistryError) {
    let (interface, method) = Self.split(name)
    guard interfaces[interface]?.methods[method] != nil else {
      throw RegistryError(description: "no interface that was added has a method \(name)")
    }
    interfaces[interface]?.methods[method]?.handler = handler
    interfaces[interface]?.methods[method]?.needsMore = needsMore
  }

  /// Sets who answers a method, with its types.
  public func on<Method: VarlinkMethod>(
    _ method: Method.Type, needsMore: Bool = false,
    _ handler: @escaping (TypedCall<Method>) -> Void
  ) throws(RegistryError) {
    try on(Method.name, needsMore: needsMore) { call in
      do throws(JSONMismatch) {
        let input = try Method.Input(json: .object(call.parameters))
        handler(TypedCall(call: call, input: input))
      } catch {
        call.fail(VarlinkService.InvalidParameter(parameter: error.pathText))
      }
    }
  }

  /// Gives the call to its handler, or answers it if it cannot be given to one.
  func dispatch(_ call: VarlinkCall, wantsUpgrade: Bool) {
    let (interfaceName, methodName) = Self.split(call.method)
    guard let interface = interfaces[interfaceName] else {
      call.fail(VarlinkService.InterfaceNotFound(interface: interfaceName))
      return
    }
    guard let method = interface.methods[methodName] else {
      call.fail(VarlinkService.MethodNotFound(method: call.method))
      return
    }
    do throws(JSONMismatch) { try interface.check.check(call.parameters, method.input) } catch {
      call.fail(VarlinkService.InvalidParameter(parameter: error.pathText))
      return
    }
    guard let handler = method.handler, !wantsUpgrade else {
      call.fail(VarlinkService.MethodNotImplemented(method: call.method))
      return
    }
    guard call.wantsMore || !method.needsMore else {
      call.fail(VarlinkService.ExpectedMore())
      return
    }
    handler(call)
  }

  /// Interface and method; a name without a dot is taken as an interface's.
  private static func split(_ name: String) -> (interface: String, method: String) {
    guard let dot = name.lastIndex(of: ".") else { return (name, "") }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }
}
