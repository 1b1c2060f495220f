// The registry of a service: interfaces by name, and a handler for each method. It has no sockets: each
// client's VarlinkConnection calls it, and the host transfers the bytes. Confined to the host's thread.

/// The interfaces of a service and their handlers.
public final class VarlinkServer {
  /// Replies to a call, immediately or later; see `VarlinkCall`.
  public typealias Handler = (VarlinkCall) -> Void

  /// Why a registration failed.
  public struct RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// A method with its requirements.
  struct Method {
    let input: [InterfaceDescription.Field]
    var handler: Handler?
    var needsMore = false
  }

  /// A registered interface.
  struct Interface {
    let text: String
    let check: InterfaceCheck
    var methods: [String: Method]
  }

  private(set) var interfaces: [String: Interface] = [:]
  private var names: [String] = []

  /// A server that implements only `org.varlink.service`.
  ///
  /// - Parameter information: the reply of `GetInfo`; the server sets its list of interfaces.
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

  /// Adds an interface. Its methods return MethodNotImplemented until a handler is registered.
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

  /// Registers the handler of a method, by its full name.
  ///
  /// - Parameter needsMore: a call without `more` gets ExpectedMore and is not passed to the handler.
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

  /// Registers the handler of a method, with its types.
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

  /// Passes the call to its handler, or replies with an error.
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

  /// Interface and method; a name without a dot is an interface.
  private static func split(_ name: String) -> (interface: String, method: String) {
    guard let dot = name.lastIndex(of: ".") else { return (name, "") }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }
}
