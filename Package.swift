// swift-tools-version: 6.2
//
// The modules, lowest layer first. Which module may import which is written here once, as its dependencies;
// `.ci/check-imports` holds every `import` in Sources/ against it. docs/architecture.md has the reasons.

import PackageDescription

// Every setting has its reason.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  // Every use of an unsafe construct is marked where it happens: an audit trail for a program whose
  // job is shared memory.
  .strictMemorySafety(),
  // `any P` costs a box: say it where it is paid.
  .enableUpcomingFeature("ExistentialAny"),
  // An import is an implementation detail unless a public declaration needs it: keeps the walls.
  .enableUpcomingFeature("InternalImportsByDefault"),
  // A member is visible only where its module is imported: an import that is missing is a wall broken.
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

// Target names have a prefix of our own, so that they collide with those of no package that depends on this
// one; folders have the short names. `Platform` is the target NDISPlatform in Sources/Platform.
let shortNames: Set = [
  "DriverInterface", "Events", "Store", "Simulator", "HostedDrivers", "DriverProtocol", "Platform",
  "DriverPlane", "ServiceManager", "Varlink", "Configuration", "ManagementInterface",
  "ManagementPlane", "Daemon", "Drawing", "PrivateDaemon", "Bench",
]

func prefixed(_ name: String) -> String { shortNames.contains(name) ? "NDIS" + name : name }

func dependency(_ name: String) -> Target.Dependency {
  name == "ArgumentParser"
    ? .product(name: name, package: "swift-argument-parser") : .byName(name: prefixed(name))
}

extension Target {
  static func module(_ name: String, _ uses: [String], exclude: [String] = []) -> Target {
    .target(
      name: prefixed(name), dependencies: uses.map(dependency), path: "Sources/" + name,
      exclude: exclude, swiftSettings: strict)
  }

  static func program(
    _ name: String, _ uses: [String], path: String? = nil, exclude: [String] = []
  ) -> Target {
    .executableTarget(
      name: name, dependencies: uses.map(dependency), path: path ?? "Sources/" + name,
      exclude: exclude, swiftSettings: strict)
  }

  static func tests(_ name: String, _ uses: [String], exclude: [String] = []) -> Target {
    .testTarget(
      name: name, dependencies: uses.map(dependency), path: "Tests/" + name, exclude: exclude,
      swiftSettings: strict)
  }
}

let package = Package(
  name: "ndissim",
  products: [
    .executable(name: "ndissimd", targets: ["ndissimd"]),
    .executable(name: "ndisctl", targets: ["ndisctl"]),
    .library(name: "NDISDriverKit", targets: ["NDISDriverKit"]),
    .library(name: "CNDIS", targets: ["CNDIS"]),
    .library(name: "NDIS", targets: ["NDIS"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // MARK: C

    // The ABI, once: x64 images of NDIS structures, the driver plane's messages, the constants.
    .target(name: "CNDIS"),
    // What Swift cannot see of Linux.
    .target(name: "CNDISLinux", path: "Sources/CLinux"),
    .systemLibrary(
      name: "CNDISSystemd", path: "Sources/CSystemd", pkgConfig: "libsystemd",
      providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(
      name: "CNDISJansson", path: "Sources/CJansson", pkgConfig: "jansson",
      providers: [.apt(["libjansson-dev"])]),
    // toml++ behind a C face.
    .target(name: "CNDISTOML", path: "Sources/CTOML"),

    // MARK: The contract and the simulator: pure

    .module("NDIS", ["CNDIS"]),
    .module("DriverInterface", ["NDIS"]),
    .module("Events", ["NDIS"]),
    // A typed store over bytes. Knows nothing of NDIS.
    .module("Store", []),
    .module("Simulator", ["NDIS", "Store", "DriverInterface", "Events"]),
    .module("HostedDrivers", ["NDIS", "Store", "DriverInterface"]),
    .module("DriverProtocol", ["CNDIS", "NDIS", "DriverInterface"]),

    // MARK: Linux, systemd, Varlink, configuration

    .module("Platform", ["CNDISLinux"]),
    .module("ServiceManager", ["Events", "Platform", "CNDISSystemd"]),
    // Varlink, the standard: framing, IDL, server, client. Knows nothing of NDIS.
    .module("Varlink", ["CNDISJansson", "Platform"]),
    .module("Configuration", ["CNDISTOML"]),

    // MARK: The daemon

    // Sessions, requests and upcalls of drivers, without sockets. Beside the layers below it takes the names of
    // the contract, the events it reports and the values drivers exchange with the simulator.
    .module(
      "DriverPlane",
      [
        "NDIS", "Store", "DriverInterface", "Events", "Platform", "Simulator", "HostedDrivers",
        "DriverProtocol",
      ]),
    // The org.ndissim.* interfaces: descriptions, typed calls, both ends.
    .module(
      "ManagementInterface", ["Platform", "Varlink"],
      exclude: ["org.ndissim.Simulator.varlink", "io.systemd.service.varlink"]),
    // Methods, listings, control, events and metrics, without sockets.
    .module(
      "ManagementPlane",
      [
        "NDIS", "DriverInterface", "Events", "Platform", "Simulator", "HostedDrivers",
        "DriverPlane", "Varlink", "ManagementInterface",
      ]),
    // Launch, server loop and sockets: a library, so that tests can hold one.
    .module(
      "Daemon",
      [
        "NDIS", "DriverInterface", "Events", "Platform", "Simulator", "HostedDrivers",
        "DriverProtocol", "DriverPlane", "ServiceManager", "Varlink", "ManagementInterface",
        "ManagementPlane", "Configuration",
      ]),
    .program(
      "ndissimd", ["Configuration", "Daemon", "NDIS", "ArgumentParser"]),

    // MARK: Drivers and the command

    .module("NDISDriverKit", ["CNDIS", "NDIS", "DriverProtocol", "Platform"]),
    // What is drawn in a terminal or as SVG: tables, colours, bars, plots.
    .module("Drawing", []),
    // A daemon of one's own: what `ndisctl run` and the benchmark start.
    .module("PrivateDaemon", ["ManagementInterface", "Platform"]),
    // Varlink: its JSON.
    .module(
      "Bench", ["Drawing", "NDIS", "NDISDriverKit", "Platform", "PrivateDaemon", "Varlink"]),
    .program(
      "ndisctl",
      [
        // Events: the kinds that --kind takes and the MESSAGE_IDs that `log` asks the journal for.
        "Bench", "Drawing", "Events", "ManagementInterface", "NDIS", "NDISDriverKit", "Platform",
        "PrivateDaemon", "Varlink", "ArgumentParser",
      ]),

    // MARK: Tools, examples and the tests' programs; no product

    // What the daemon is measured against: the same messages and mapping calls, no simulator. In C.
    .executableTarget(name: "ndissim-floor", dependencies: ["CNDIS"]),
    // Counts heap allocations by replacing malloc, and requests callgrind's counts of instructions.
    .target(name: "CNDISCounters", path: "Benchmarks/Sources/CCounters"),
    // The hot paths without sockets, for Benchmarks/check.
    .program(
      "ndissim-hot-paths",
      [
        "CNDIS", "CNDISCounters", "DriverInterface", "DriverProtocol", "HostedDrivers", "NDIS",
        "Simulator", "Store",
      ],
      path: "Benchmarks/Sources/hot-paths"),
    // Writes Swift from a Varlink interface description; its output is committed and held by a test.
    .program("ndissim-varlink-generate", ["Varlink"]),
    .program(
      "ndissim-example-quickstart", ["NDISDriverKit"], path: "Examples/swift/quickstart"),
    .program(
      "ndissim-example-miniport", ["NDISDriverKit"],
      path: "Examples/swift/miniport"),
    .program(
      "ndissim-example-provider", ["NDISDriverKit"],
      path: "Examples/swift/provider"),
    .program(
      "ndissim-example-vmq-miniport", ["CNDIS", "NDISDriverKit"],
      path: "Examples/swift/vmq-miniport"),
    .program(
      "ndissim-example-overlying-driver", ["CNDIS", "NDISDriverKit"],
      path: "Examples/swift/overlying-driver"),
    // A provider that does on request whatever a provider must not do; the tests' other process.
    .program(
      "ndissim-faulty-provider", ["NDISDriverKit", "NDIS", "Platform"],
      path: "Tests/FaultyProvider"),
    // A driver that goes on while the daemon is killed again and again.
    .program(
      "ndissim-restart-client", ["NDISDriverKit", "NDIS", "Platform"],
      path: "Tests/RestartClient"),
    // Serves and calls org.varlink.certification, so that somebody else's tool can judge Varlink.
    .program(
      "ndissim-varlink-certification", ["Varlink", "Platform"],
      path: "Tests/VarlinkCertification", exclude: ["org.varlink.certification.varlink"]),

    // MARK: Tests

    .tests("NDISTests", ["NDIS", "CNDIS"]),
    .tests("PlatformTests", ["Platform", "CNDISLinux"]),
    .tests(
      "SimulatorTests",
      [
        "Simulator", "Store", "HostedDrivers", "CNDIS", "NDIS", "DriverInterface",
        "DriverProtocol", "Events",
      ]),
    .tests(
      "HostedDriversTests", ["HostedDrivers", "CNDIS", "NDIS", "DriverInterface", "Simulator"]),
    .tests("DriverProtocolTests", ["DriverProtocol", "DriverInterface", "CNDIS", "NDIS"]),
    .tests("ServiceManagerTests", ["ServiceManager", "Events", "NDIS", "Platform"]),
    .tests(
      "VarlinkTests", ["Varlink", "Platform", "ndissim-varlink-generate"],
      exclude: ["org.example.fixture.varlink"]),
    .tests(
      "ConfigurationTests",
      ["Configuration", "Daemon", "HostedDrivers", "NDIS", "Simulator", "ndissimd"]),
    .tests("DrawingTests", ["Drawing"]),
    .tests(
      "BenchTests",
      // The last three are programs that the tests run.
      ["Bench", "Drawing", "Varlink", "ndisctl", "ndissim-floor", "ndissimd"]),
    .tests(
      "ManagementTests",
      [
        "CNDIS", "Daemon", "DriverInterface", "DriverPlane", "ManagementInterface",
        "ManagementPlane", "Varlink", "NDISDriverKit", "Events", "HostedDrivers", "NDIS",
        "Platform", "Simulator", "ndissimd",
        "ndissim-varlink-generate",
      ]),
    .tests(
      "CommandTests",
      [
        "Drawing", "ManagementInterface", "Varlink", "NDIS", "Platform", "ArgumentParser",
        "ndisctl",
        // The programs that the tests run.
        "ndissimd", "ndissim-example-miniport",
      ]),
    .tests("NDISDriverKitTests", ["NDISDriverKit", "CNDIS", "DriverProtocol", "NDIS", "Platform"]),
    .tests(
      "ContractTests",
      [
        "NDISDriverKit", "Daemon", "CNDIS", "DriverInterface", "DriverPlane", "DriverProtocol",
        "Events", "HostedDrivers", "NDIS", "Platform", "Simulator",
        // The other processes of the tests.
        "ndissimd", "ndissim-faulty-provider",
      ]),
  ],
  cxxLanguageStandard: .cxx17
)

// The mutant switch changes one row of a table when NDISSIM_MUTANT names it. Only `.ci/mutants` sets this
// variable, with a build directory of its own: no product contains the switch. The suites that remain are
// those that have to detect the mutants.
if Context.environment["NDISSIM_MUTANTS"] == "1" {
  let suites: Set = ["NDISTests", "SimulatorTests"]
  package.targets.removeAll { $0.type == .test && !suites.contains($0.name) }
  for target in package.targets { target.swiftSettings?.append(.define("MUTANTS")) }
}
