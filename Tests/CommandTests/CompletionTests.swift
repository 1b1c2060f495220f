// The completion scripts, loaded by their shells. The test of a shell that is not installed is skipped.

import Glibc
import NDISPlatform
import Testing

@testable import ndisctl

@Suite(.timeLimit(.minutes(2))) struct CompletionTests {

  private static func isInstalled(_ shell: String) -> Bool {
    (ProcessEnvironment.value("PATH") ?? "").split(separator: ":").contains { folder in
      unsafe access("\(folder)/\(shell)", X_OK) == 0
    }
  }

  /// Writes the script of a shell into a file.
  private func script(_ shell: String) throws -> CommandProcess {
    let process = try CommandProcess(["completion", shell])
    #expect(process.wait() == 0)
    #expect(process.output.contains("ndisctl"))
    return process
  }

  private func check(_ shell: String, _ checker: String) throws {
    let script = try script(shell)
    var how = ChildProcess.Options(
      program: "sh", arguments: ["-c", "\(checker) '\(script.directory)/output'"],
      environment: ProcessEnvironment.entries { _ in true })
    let output = Descriptor(
      owning: unsafe open(script.directory + "/said", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
    (how.standardOutput, how.standardError) = (output.raw, output.raw)
    let child = try ChildProcess.start(how)
    var status: Int32 = 0
    while unsafe waitpid(child.pid, &status, 0) < 0, errno == EINTR {}
    #expect(status == 0, "\(CommandProcess.text(script.directory + "/said"))")
  }

  @Test(.enabled(if: isInstalled("bash"), "bash is not installed"))
  func `bash takes its script`() throws { try check("bash", "bash -n") }

  @Test(.enabled(if: isInstalled("zsh"), "zsh is not installed"))
  func `zsh takes its script`() throws { try check("zsh", "zsh -n") }

  @Test(.enabled(if: isInstalled("fish"), "fish is not installed"))
  func `fish takes its script`() throws { try check("fish", "fish --no-execute") }

  @Test(.enabled(if: isInstalled("bash"), "bash is not installed"))
  func `bash completes subcommands, options and values`() throws {
    let own = try CommandProcess.program("ndisctl")
    let script = try script("bash")
    let questions = """
      PATH="\(own.dropLast("/ndisctl".count)):$PATH"
      . '\(script.directory)/output'
      ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        COMPREPLY=(); _ndisctl "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"; echo "$*: ${COMPREPLY[*]}"; }
      ask ndisctl al
      ask ndisctl adapter sur
      ask ndisctl adapter halt vmq0 --action DeviceSt
      ask ndisctl alloc --cont
      ask ndisctl completion f
      ask ndisctl log --kind viol
      """
    var how = ChildProcess.Options(
      program: "bash", arguments: ["-c", questions],
      environment: ProcessEnvironment.entries { _ in true })
    let output = Descriptor(
      owning: unsafe open(script.directory + "/said", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
    how.standardOutput = output.raw
    let child = try ChildProcess.start(how)
    var status: Int32 = 0
    while unsafe waitpid(child.pid, &status, 0) < 0, errno == EINTR {}
    let said = CommandProcess.text(script.directory + "/said")
    #expect(said.contains("ndisctl al: alloc"), "\(said)")
    #expect(said.contains("adapter sur: surprise-remove"), "\(said)")
    #expect(said.contains("--action DeviceSt: DeviceStopped"), "\(said)")
    #expect(said.contains("--cont: --contiguous"), "\(said)")
    #expect(said.contains("completion f: fish"), "\(said)")
    #expect(said.contains("log --kind viol: violation"), "\(said)")
  }
}
