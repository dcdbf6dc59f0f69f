import ArgumentParser
import FoundationEssentials

/// `tocsin manual`: the man page, made of what the parser knows, so that it is never behind.
struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the man page.",
        discussion: "Read it with: tocsin manual | man -l -. Install it as man1/tocsin.1.")

    func run() throws {
        let info = try JSONDecoder().decode(ParserInfo.self, from: Data(Tocsin._dumpHelp().utf8))
        print(ManualPage(info.command, version: Tocsin.version).text, terminator: "")
    }
}

/// `tocsin completions`: what a shell needs to complete commands and options.
struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the completions of a shell.",
        discussion: """
            bash: source <(tocsin completions bash)
            zsh: tocsin completions zsh > ~/.zfunc/_tocsin
            fish: tocsin completions fish > ~/.config/fish/completions/tocsin.fish
            """)

    @Argument(help: "bash, zsh or fish.") var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: shell) else {
            throw ValidationError("there are completions for bash, zsh and fish, not for \(shell)")
        }
        print(Tocsin.completionScript(for: shell))
    }
}

/// What the parser says of itself.
struct ParserInfo: Decodable {
    struct Command: Decodable {
        var commandName: String
        var shouldDisplay: Bool?
        var abstract: String?
        var discussion: String?
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var abstract: String?
    }

    var command: Command
}

/// A man page in roff, as man(7) has it.
struct ManualPage {
    private let command: ParserInfo.Command
    private let version: String

    init(_ command: ParserInfo.Command, version: String) {
        self.command = command
        self.version = version
    }

    var text: String {
        var out = ".TH TOCSIN 1 \"\" \"tocsin \(version)\" \"User Commands\"\n"
        out += ".SH NAME\ntocsin \\- \(Self.escaped(command.abstract ?? ""))\n"
        out += ".SH SYNOPSIS\n.B tocsin\n[\\fIcommand\\fR] [\\fIoptions\\fR]\n"
        if let discussion = command.discussion { out += ".SH DESCRIPTION\n" + Self.paragraphs(discussion) }
        out += ".SH COMMANDS\n"
        for sub in command.subcommands ?? [] where sub.shouldDisplay != false && sub.commandName != "help" {
            out += describe(sub, "tocsin")
        }
        out += """
            .SH EXIT STATUS
            0 when all is well, 1 on errors, 2 and 64 on usage, 3 when the engine cannot be reached.
            \\fBtocsin alerts \\-\\-check\\fR: 0 ok, 1 warning, 2 critical, 3 unknown.
            .SH FILES
            .TP
            .I /etc/tocsin/tocsin.yaml
            The configuration, where there is none below $XDG_CONFIG_HOME/tocsin.
            .TP
            .I /run/tocsin/tocsin.sock
            The socket of the shared engine.
            .TP
            .I /var/lib/tocsin
            Decisions, history and their backups.

            """
        return out
    }

    private func describe(_ command: ParserInfo.Command, _ before: String) -> String {
        let name = before + " " + command.commandName
        let arguments = (command.arguments ?? []).filter { $0.shouldDisplay && !Self.isEverywhere($0) }
        var out = ".SS \(Self.escaped(name))"
        for argument in arguments where argument.kind == "positional" {
            out += " <\(argument.valueName ?? "value")>\(argument.isRepeating ? "..." : "")"
        }
        out += "\n" + Self.paragraphs(command.abstract ?? "")
        if let discussion = command.discussion, !discussion.isEmpty { out += ".PP\n" + Self.paragraphs(discussion) }
        for argument in arguments {
            let names = (argument.names ?? []).map(\.text).joined(separator: ", ")
            let value = argument.kind == "flag" ? "" : " \\fI\(Self.escaped(argument.valueName ?? "value"))\\fR"
            out += ".TP\n" + (argument.kind == "positional" ? "" : "\\fB\(Self.escaped(names))\\fR") + value + "\n"
            let usual = argument.defaultValue.map { $0.isEmpty ? "" : " Usually \($0)." } ?? ""
            out += Self.paragraphs((argument.abstract ?? "") + usual)
        }
        for sub in command.subcommands ?? [] where sub.shouldDisplay != false { out += describe(sub, name) }
        return out
    }

    private static func isEverywhere(_ argument: ParserInfo.Argument) -> Bool {
        (argument.names ?? []).contains { $0.name == "help" || $0.name == "version" }
    }

    private static func paragraphs(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? ".PP\n" : escaped(String($0)) + "\n" }.joined()
    }

    /// A point or an apostrophe at the line's beginning would be a request, a backslash an escape.
    private static func escaped(_ text: String) -> String {
        var out = text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" : ""
        for character in text {
            switch character {
            case "\\": out += "\\e"
            case "-": out += "\\-"
            default: out.append(character)
            }
        }
        return out
    }
}
