// `ndisctl completion`: what bash, zsh and fish need to complete ndisctl's commands and options. The
// scripts are ArgumentParser's; values that only a daemon knows are completed by asking it.

import ArgumentParser

struct Completion: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the completion script of a shell.",
    discussion: """
      EXAMPLES
        source <(ndisctl completion bash)
        ndisctl completion bash > /usr/share/bash-completion/completions/ndisctl
        ndisctl completion zsh > /usr/local/share/zsh/site-functions/_ndisctl
        ndisctl completion fish > ~/.config/fish/completions/ndisctl.fish
      """)

  /// The shells there are scripts for.
  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish

    var shell: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() throws {
    var output = Output()
    try output.line(Ndisctl.completionScript(for: shell.shell))
    try output.flush()
  }
}
