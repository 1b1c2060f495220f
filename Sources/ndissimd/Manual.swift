// ndissimd(8). The flags come from where they are defined: those of keys from the schema, the others
// from the list below; a test holds the page to what the program takes.

import ArgumentParser
import NDISConfiguration

/// A manual page the program can print.
enum Manual: String, ExpressibleByArgument {
  case toml
  case ndissimd

  var text: String {
    switch self {
    case .toml: ConfigurationManual.text
    case .ndissimd: Manual.daemon
    }
  }

  private static let otherFlags: [(String, String)] = [
    (
      "*--config* FILE",
      "Read FILE and FILE.d/NAME.toml instead of searching. /dev/null: no file at all."
    ),
    (
      "*--check*",
      "Print the configuration as TOML, with where each value came from, and end. Problems go to standard error."
    ),
    (
      "*--pool* name=NAME[,capacity=BYTES][,nodes=N][,pages=4K|2M][,fill=none|zero|poison][,fragment=SEED]",
      "A hosted pool. May be given several times; the last one is newest and serves first. It replaces a pool of a file with its name."
    ),
    (
      "*--miniport* name=NAME[,queues=N][,vports=N][,queue-memory=BYTES][,ndis=VERSION][,frame-length=BYTES][,rate=N][,pends=never|queues|always]",
      "A hosted miniport. May be given several times. It replaces a miniport of a file with its name."
    ),
    (
      "*--switch* NAMES",
      "Contract switches to turn on, with commas between: revisions, dma, vports, filters, free-handle."
    ),
    ("*--version*", "Print the version and end."),
    ("*-h*, *--help*", "Print help and end."),
  ]

  private static var daemon: String {
    var page = Roff("NDISSIMD", section: 8, about: "System administration")
    page.heading("NAME")
    page.line("ndissimd - NDIS's shared-memory provider model as a daemon")
    page.heading("SYNOPSIS")
    page.line("*ndissimd* [OPTIONS]")
    page.heading("DESCRIPTION")
    page.line(
      "Plays NDIS for drivers that are ordinary processes: a miniport or protocol driver asks for shared memory, ndissimd picks a provider, and the driver gets memory that is mapped in its own process. It needs no privileges and no service manager; under systemd it tells when it is ready and takes its sockets from socket units."
    )
    page.heading("OPTIONS")
    page.line(
      "Flags win over files. Each flag of a key is described in *ndissimd.toml*(5) under the key.")
    for (term, meaning) in otherFlags { page.item(term, meaning) }
    page.subheading("Keys of the configuration")
    for flag in ConfigurationFlags.all {
      let term =
        flag.valueName.map { "*\(flag.name)* \($0)" }
        ?? "*\(flag.name)*, *--no-\(flag.name.dropFirst(2))*"
      page.item(term, "\(flag.meaning) Key: *\(flag.key)*.")
    }
    surroundings(&page)
    return page.text
  }

  private static func surroundings(_ page: inout Roff) {
    page.heading("SOCKETS")
    page.item(
      "DIRECTORY/driver",
      "The driver plane: SOCK_SEQPACKET, mode 0660. Under systemd a socket unit with FileDescriptorName=driver."
    )
    page.item(
      "DIRECTORY/org.ndissim.Simulator",
      "The management plane, *ndisctl*(1): SOCK_STREAM, Varlink. Under systemd a socket unit with FileDescriptorName=varlink. Not there with *--no-management*."
    )
    page.heading("SIGNALS")
    page.item(
      "SIGTERM, SIGINT", "Tell every client, reclaim what they held, and end with status 0.")
    page.item(
      "SIGUSR2",
      "Leave everything to the process that comes next, and end with status 75: the service manager sends it in place of SIGTERM when the service is restarted. Where nothing is kept for a next process it is SIGTERM."
    )
    page.item(
      "SIGHUP",
      "Read the configuration again. What applies on a reload is applied, the rest waits for a restart; with a bad file nothing changes."
    )
    page.heading("JOURNAL")
    page.line(
      "Every event is an entry with a MESSAGE_ID and typed fields: *journalctl* *-u* ndissimd NDIS_ADAPTER=vmq0 finds everything about an adapter, *-x* says what each entry means and what to do, and *ndisctl* *log* shows the names of handles. Of the same broken rules, leaks and refusals 16 in ten seconds are written, and then how many more there were. Entries that could not be written are counted, and the count is one. docs/journal.md has all events and fields."
    )
    page.heading("ENVIRONMENT")
    page.item("RUNTIME_DIRECTORY", "Directory of the sockets, when none is configured.")
    page.item("XDG_RUNTIME_DIR", "Then $XDG_RUNTIME_DIR/ndissim.")
    page.item("TMPDIR", "Then $TMPDIR/ndissim-UID; /tmp when it is not set.")
    page.item(
      "CONFIGURATION_DIRECTORY", "A directory of configuration files, of the highest priority.")
    page.item(
      "NDISSIM_JOURNAL", "1: log to the journal also when standard error is not its stream.")
    page.item(
      "NO_COLOR, TERM", "Lines on a terminal are not coloured when NO_COLOR is set or TERM is dumb."
    )
    page.item(
      "NOTIFY_SOCKET, LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES, JOURNAL_STREAM",
      "The service manager's.")
    page.heading("FILES")
    for directory in ["/usr/lib/ndissim", "/etc/ndissim"] {
      page.item(
        "\(directory)/ndissimd.toml, \(directory)/ndissimd.toml.d/",
        "Configuration and its drop-ins, see *ndissimd.toml*(5).")
    }
    page.item(
      "ndissimd.service, ndissimd.socket, ndissimd-varlink.socket",
      "The service of the system. Its sockets are in /run/ndissim.")
    page.item(
      "ndissimd@BED.service, ndissimd@BED.socket, ndissimd-varlink@BED.socket",
      "A daemon for the test bed BED. Its sockets are in /run/ndissim/BED; /etc/ndissim/BED is read after /etc/ndissim."
    )
    page.heading("EXIT STATUS")
    page.item("0", "It was told to end; or *--check* found nothing wrong.")
    page.item("1", "It cannot start, and says why; or *--check* found something.")
    page.item("64", "The command line is wrong (EX_USAGE).")
    page.item(
      "78",
      "The configuration is wrong, in a file or in the value of a flag (EX_CONFIG). Every problem is a line on standard error."
    )
    page.heading("SEE ALSO")
    page.line("*ndissimd.toml*(5), *ndisctl*(1)")
  }
}
