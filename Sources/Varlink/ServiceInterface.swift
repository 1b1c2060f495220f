// org.varlink.service, which every server implements: information about the service, its interfaces, and the
// standard errors. Written manually, since generated code depends on this module.

/// `org.varlink.service`.
public enum VarlinkService {
  /// The interface's name.
  public static let name = "org.varlink.service"

  /// The interface's description, which the server returns on request.
  public static let description = """
    # What every Varlink service offers.
    interface org.varlink.service

    # What kind of service this is, and the interfaces it has.
    method GetInfo() -> (
      vendor: string,
      product: string,
      version: string,
      url: string,
      interfaces: []string
    )

    # The description of an interface.
    method GetInterfaceDescription(interface: string) -> (description: string)

    # The service does not have this interface.
    error InterfaceNotFound (interface: string)

    # The interface does not have this method.
    error MethodNotFound (method: string)

    # The interface has the method, the service does not.
    error MethodNotImplemented (method: string)

    # This parameter is unknown, missing, of the wrong type or out of range.
    error InvalidParameter (parameter: string)

    # The caller may not do this.
    error PermissionDenied ()

    # The method answers more than once and has to be called with "more".
    error ExpectedMore ()

    """

  /// Information about a service.
  public struct Information: VarlinkValue, Hashable {
    public var vendor: String
    public var product: String
    public var version: String
    public var url: String
    /// Names of its interfaces, set by the server.
    public var interfaces: [String]

    public init(
      vendor: String, product: String, version: String, url: String, interfaces: [String] = []
    ) {
      self.vendor = vendor
      self.product = product
      self.version = version
      self.url = url
      self.interfaces = interfaces
    }

    public init(json: JSON) throws(JSONMismatch) {
      let members = try JSONObject(json: json)
      vendor = try members.required("vendor")
      product = try members.required("product")
      version = try members.required("version")
      url = try members.required("url")
      interfaces = try members.required("interfaces")
    }

    public var json: JSON {
      [
        "vendor": .string(vendor), "product": .string(product), "version": .string(version),
        "url": .string(url), "interfaces": interfaces.json,
      ]
    }
  }

  /// No parameters.
  public struct Nothing: VarlinkValue, Hashable {
    public init() {}
    public init(json: JSON) throws(JSONMismatch) { _ = try JSONObject(json: json) }
    public var json: JSON { .object(JSONObject()) }
  }

  /// Returns information about the service.
  public enum GetInfo: VarlinkMethod {
    public typealias Input = Nothing
    public typealias Output = Information
    public static let name = "org.varlink.service.GetInfo"
  }

  /// Returns the description of an interface.
  public enum GetInterfaceDescription: VarlinkMethod {
    public static let name = "org.varlink.service.GetInterfaceDescription"

    /// Input parameters.
    public struct Input: VarlinkValue, Hashable {
      public var interface: String
      public init(interface: String) { self.interface = interface }
      public init(json: JSON) throws(JSONMismatch) {
        interface = try JSONObject(json: json).required("interface")
      }
      public var json: JSON { ["interface": .string(interface)] }
    }

    /// Output parameters.
    public struct Output: VarlinkValue, Hashable {
      public var description: String
      public init(description: String) { self.description = description }
      public init(json: JSON) throws(JSONMismatch) {
        description = try JSONObject(json: json).required("description")
      }
      public var json: JSON { ["description": .string(description)] }
    }
  }
}

// MARK: - Errors

extension VarlinkService {
  /// The service does not have this interface.
  public struct InterfaceNotFound: VarlinkErrorValue, Hashable {
    public static let name = "org.varlink.service.InterfaceNotFound"
    public var interface: String
    public init(interface: String) { self.interface = interface }
    public init(json: JSON) throws(JSONMismatch) {
      interface = try JSONObject(json: json).required("interface")
    }
    public var json: JSON { ["interface": .string(interface)] }
  }

  /// The interface does not have this method.
  public struct MethodNotFound: VarlinkErrorValue, Hashable {
    public static let name = "org.varlink.service.MethodNotFound"
    public var method: String
    public init(method: String) { self.method = method }
    public init(json: JSON) throws(JSONMismatch) {
      method = try JSONObject(json: json).required("method")
    }
    public var json: JSON { ["method": .string(method)] }
  }

  /// The interface declares the method, but the service does not implement it.
  public struct MethodNotImplemented: VarlinkErrorValue, Hashable {
    public static let name = "org.varlink.service.MethodNotImplemented"
    public var method: String
    public init(method: String) { self.method = method }
    public init(json: JSON) throws(JSONMismatch) {
      method = try JSONObject(json: json).required("method")
    }
    public var json: JSON { ["method": .string(method)] }
  }

  /// This parameter is unknown, missing, of the wrong type or out of range.
  public struct InvalidParameter: VarlinkErrorValue, Hashable {
    public static let name = "org.varlink.service.InvalidParameter"
    public var parameter: String
    public init(parameter: String) { self.parameter = parameter }
    public init(json: JSON) throws(JSONMismatch) {
      parameter = try JSONObject(json: json).required("parameter")
    }
    public var json: JSON { ["parameter": .string(parameter)] }
  }

  /// The caller lacks the permission.
  public struct PermissionDenied: VarlinkErrorValue, Hashable {
    public static let name = "org.varlink.service.PermissionDenied"
    public init() {}
    public init(json: JSON) throws(JSONMismatch) { _ = try JSONObject(json: json) }
    public var json: JSON { .object(JSONObject()) }
  }

  /// The method returns several replies and must be called with "more".
  public struct ExpectedMore: VarlinkErrorValue, Hashable {
    public static let name = "org.varlink.service.ExpectedMore"
    public init() {}
    public init(json: JSON) throws(JSONMismatch) { _ = try JSONObject(json: json) }
    public var json: JSON { .object(JSONObject()) }
  }
}
